//! The deletion guard: a pass that would remove much of what is known needs a person's word.
//! Refuses to judge why the objects are gone.

use contract::{ApiError, Code, Kind, Operation, Remedy};
use store::Staged;

/// Up to this many removals of a kind pass without asking, however few objects there are.
const FREE: u64 = 50;

/// Fails if a kind would lose more than 50 objects and more than a tenth of what is known of it.
pub(super) fn check(operation: &Operation, staged: &Staged) -> Result<(), ApiError> {
    let losses: Vec<String> = staged
        .diff
        .iter()
        // Snapshots are part of their VM, and nightly backups remove hundreds of them.
        .filter(|(kind, _)| **kind != Kind::Snapshots)
        .filter_map(|(kind, diff)| {
            let known = staged.known.get(kind).copied().unwrap_or(0);
            (diff.removed > FREE.max(known / 10))
                .then(|| format!("{} of {known} {}", diff.removed, kind.plural()))
        })
        .collect();
    if losses.is_empty() {
        return Ok(());
    }
    let accept = |job| Remedy::AcceptRemovals { vcenter: operation.about().to_owned(), job };
    Err(ApiError::new(
        Code::TooManyRemovals,
        format!("{} no longer lists {}; nothing was changed", operation.about(), losses.join(", ")),
    )
    .next("If they were really removed, accept the removals. If not, check the permissions of the account.")
    .remedies(operation.job.accepting_removals().map(accept)))
}
