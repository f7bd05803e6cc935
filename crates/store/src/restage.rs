//! Stages anew what others published between staging and publishing.
//! Refuses to leave a decision that was made over a row that is another one by now.

use crate::claim::Claim;
use crate::engine::Tx;
use crate::error::{Attempt, During, Error};
use crate::history::{self, Comparison, What};
use crate::pass::Pass;
use crate::rebase::{self, Others, Since};
use crate::revision;
use crate::stage::{self, Row, Staged, distinct, insert_staged};
use contract::{Diff, Kind, Moref, Object};
use std::collections::HashMap;
use std::sync::Arc;

/// Decides again about each object of which others published something since the pass was staged. Within the transaction that
/// publishes: nothing can come in between any more, and it is little, because staging took in the rest.
pub(crate) async fn restage(
    tx: &mut Tx,
    claim: &Claim,
    staged: &mut Staged,
    pass: &Pass,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let vcenter = claim.vcenter_id();
    let now = revision::read(tx, vcenter).await.during(attempt)?.unwrap_or_default().revision;
    if now == staged.known_at {
        return Ok(());
    }
    let since = staged.known_at.number;
    let others = rebase::others(tx, vcenter.as_str(), since, &pass.kinds()).await.during(attempt)?;
    let read: HashMap<(Kind, &str), &Arc<Object>> =
        pass.objects.iter().map(|object| ((object.kind, &*object.moref), object)).collect();
    let comparison = Comparison::new(pass, &distinct(&pass.objects));
    // What was new when it was staged may be missing from a list by now.
    let added = read.keys().filter(|(kind, moref)| {
        others.lists.contains_key(&kind.covered_by())
            && !staged.hashes.contains_key(&(*kind, (*moref).into()))
            && others.of(&(*kind, (*moref).into())).is_none()
    });
    let added: Vec<(Kind, Moref)> = added.map(|(kind, moref)| (*kind, (*moref).into())).collect();
    for key in others.objects.keys().chain(&added) {
        let found = read.get(&(key.0, &*key.1)).copied();
        let (was, had_row) = unstage(tx, claim, staged, key, found.is_some()).await.during(attempt)?;
        let (is, row) = decide(pass, key, found, &others, &comparison).map_err(encoding).during(attempt)?;
        if let Some(row) = &row {
            let row = std::slice::from_ref(row);
            insert_staged(tx, claim, row, &mut staged.recorded).await.during(attempt)?;
        }
        staged.rows = staged.rows - u64::from(had_row) + u64::from(row.is_some());
        let diff = staged.diff.entry(key.0).or_default();
        *diff = diff.without(was).and(is);
    }
    Ok(())
}

fn encoding(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(error.into())
}

/// Drops what was staged of an object. Answers with what it counted as, and whether there was a row.
async fn unstage(
    tx: &mut Tx,
    claim: &Claim,
    staged: &mut Staged,
    key: &(Kind, Moref),
    is_found: bool,
) -> Result<(Diff, bool), sqlx::Error> {
    const ROW: &str = "DELETE FROM staged WHERE operation_id = $1 AND claim_no = $2 AND kind = $3 AND moref = $4 \
                       RETURNING document IS NULL, what";
    let was: Option<(bool, Option<i64>)> = sqlx::query_as(ROW)
        .bind(claim.operation.id.as_str())
        .bind(claim.claim_no)
        .bind(key.0.name())
        .bind(&*key.1)
        .fetch_optional(&mut **tx)
        .await?;
    let was_removal = was.map(|(removal, _)| removal);
    let recorded = was.and_then(|(_, what)| What::from_number(what?));
    history::forget(tx, claim, key, recorded, &mut staged.recorded).await?;
    let was_known = staged.hashes.contains_key(key);
    let mut diff = Diff::default();
    match was_removal {
        Some(true) => diff.removed = 1,
        Some(false) if was_known => diff.changed = 1,
        Some(false) => diff.added = 1,
        None if is_found && was_known => diff.unchanged = 1,
        None => {}
    }
    Ok((diff, was_removal.is_some()))
}

/// What becomes of an object, as the database has it now.
fn decide(
    pass: &Pass,
    key: &(Kind, Moref),
    found: Option<&Arc<Object>>,
    others: &Others,
    comparison: &Comparison,
) -> Result<(Diff, Option<Row>), serde_json::Error> {
    let (kind, moref) = (key.0, &key.1);
    let stored = match others.of(key) {
        Some(Since::There { hash, .. }) => Some(Some(*hash)),
        Some(Since::Gone { .. }) | None => None,
    };
    if let Some(found) = found {
        let asked = pass.asked.of(kind, moref);
        return match others.found(found, asked, stored.is_some()) {
            Some(object) => stage::change(&object, asked, stored, others, comparison),
            None => Ok((Diff::default(), None)),
        };
    }
    match stored.is_some() && rebase::goes(pass, kind, moref, others.of(key)) {
        true => {
            let record = comparison.removed(kind, comparison.known(key, others));
            Ok((Diff { removed: 1, ..Diff::default() }, Some(Row::gone(pass, kind, moref, record))))
        }
        false => Ok((Diff::default(), None)),
    }
}
