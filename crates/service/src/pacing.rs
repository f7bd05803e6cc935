//! When a kind that is stale may be read again by itself: reading may take a tenth of the time at most.
//! Refuses to hold up what a person asks for.

use crate::Freshness;
use contract::{Job, Kind, Operation, OperationKind, OperationState, RefreshWait, StaleReads, Time};

/// A refresh that took so long is followed by so many times that until the next one begins.
const SHARE: i64 = 10;

/// Operations of a vCenter that are looked at: enough for a refresh of each kind, with others between them.
pub(crate) const LOOK_BACK: u32 = 100;

/// What a read of a stale kind starts.
pub(crate) fn job(freshness: Freshness, kind: Kind) -> Job {
    match freshness {
        Freshness::ByItself(_, StaleReads::Everything) => Job::FULL_SYNC,
        _ => Job::refresh(kind),
    }
}

/// Until when a stale kind has nothing read by itself again, after what was done so far, newest first; `None` if it may now,
/// or never does.
pub(crate) fn wait(
    operations: &[Operation],
    stale_reads: StaleReads,
    kind: Kind,
    now: Time,
) -> Option<RefreshWait> {
    let mut reads = operations.iter().filter(|operation| match stale_reads {
        StaleReads::Nothing => false,
        StaleReads::Kind => has_read(operation, kind),
        // What reading one kind took says nothing of what reading all of them takes.
        StaleReads::Everything => operation.kind() == OperationKind::FullSync && has_read(operation, kind),
    });
    let newest = reads.clone().next()?;
    // A full sync reads every kind, so a refresh of this one alone says better how long that takes.
    let alone = reads.find(|operation| operation.kind() == OperationKind::Refresh);
    let took = took(alone.unwrap_or(newest))?;
    let ended = newest.finished_at?;
    let until = Time(ended.0.saturating_add(took.saturating_mul(SHARE)));
    // An end in the future was dated by a clock that was wrong, and keeps nothing waiting.
    let waits = ended <= now && now < until;
    waits.then(|| RefreshWait { until, took_seconds: u64::try_from((took + 500) / 1000).unwrap_or(0) })
}

/// Why the newest read of a vCenter's inventory failed; a cancelled one says nothing of it.
pub(crate) fn failure(operations: &[Operation]) -> Option<contract::Code> {
    let newest = reads(operations).next().filter(|newest| has_failed(newest))?;
    Some(newest.error.as_ref().map_or(contract::Code::Failed, |error| error.code))
}

/// How many of the newest reads failed, one after the other.
pub(crate) fn failures_in_a_row(operations: &[Operation]) -> u32 {
    let failures = reads(operations).take_while(|one| has_failed(one)).count();
    u32::try_from(failures).unwrap_or(u32::MAX)
}

fn reads(operations: &[Operation]) -> impl Iterator<Item = &Operation> {
    operations.iter().filter(|operation| {
        operation.kind() != OperationKind::Test
            && operation.state.is_final()
            && operation.state != OperationState::Cancelled
    })
}

fn has_failed(operation: &Operation) -> bool {
    matches!(operation.state, OperationState::Failed | OperationState::Interrupted)
}

/// Whether an operation went through the reading of a whole kind, however it ended.
fn has_read(operation: &Operation, kind: Kind) -> bool {
    let ran = matches!(
        operation.state,
        OperationState::Succeeded | OperationState::Partial | OperationState::Failed
    );
    let of_kind = match &operation.job {
        Job::FullSync { .. } => true,
        Job::SyncHosts { clusters, .. } => kind == Kind::Hosts && clusters.is_empty(),
        Job::Refresh { of, morefs, .. } => morefs.is_empty() && *of == kind.covered_by(),
        _ => false,
    };
    ran && of_kind
}

/// Milliseconds from start to end; none where a clock was set back in between.
fn took(operation: &Operation) -> Option<i64> {
    let (start, end) = (operation.started_at?, operation.finished_at?);
    (start <= end).then(|| end.0 - start.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{ApiError, Code, Origin};

    fn operation(job: Job, began: i64, ended: i64) -> Operation {
        Operation {
            origin: Origin::Reader,
            state: OperationState::Succeeded,
            submitted_at: Time(began),
            started_at: Some(Time(began)),
            finished_at: Some(Time(ended)),
            ..crate::tests::operation(job)
        }
    }

    fn refresh(of: Kind) -> Job {
        Job::refresh(of)
    }

    #[test]
    fn a_refresh_of_40_seconds_is_not_begun_again_before_400_more_have_passed() {
        let vms = operation(refresh(Kind::Vms), 0, 40_000);
        let waits = |kind, now: i64| wait(std::slice::from_ref(&vms), StaleReads::Kind, kind, Time(now));
        let until = Some(RefreshWait { until: Time(440_000), took_seconds: 40 });
        assert_eq!((waits(Kind::Vms, 40_000), waits(Kind::Vms, 439_999)), (until, until));
        assert_eq!(waits(Kind::Snapshots, 100_000), until, "they are read with the VMs");
        assert_eq!(waits(Kind::Vms, 440_000), None);
        assert_eq!(waits(Kind::Hosts, 50_000), None, "each kind for itself");
        assert_eq!(waits(Kind::Vms, 39_000), None, "a clock was wrong");
    }

    #[test]
    fn after_a_full_sync_a_kind_waits_as_long_as_its_own_refresh_took() {
        let full = operation(Job::FULL_SYNC, 100_000, 200_000);
        let hosts = operation(refresh(Kind::Hosts), 50_000, 52_000);
        let history = [full, hosts];
        let until = |kind| wait(&history, StaleReads::Kind, kind, Time(200_000)).map(|wait| wait.until);
        assert_eq!(until(Kind::Hosts), Some(Time(220_000)));
        assert_eq!(until(Kind::Vms), Some(Time(1_200_000)), "nothing else is known of it");
    }

    #[test]
    fn where_everything_is_synced_only_full_syncs_count_and_where_nothing_is_read_nothing_waits() {
        let hosts = operation(refresh(Kind::Hosts), 90_000, 99_000);
        let full = operation(Job::FULL_SYNC, 0, 20_000);
        let history = [hosts.clone(), full];
        let until = |reads, now| wait(&history, reads, Kind::Hosts, Time(now)).map(|wait| wait.until);
        assert_eq!(until(StaleReads::Everything, 100_000), Some(Time(220_000)));
        assert_eq!(until(StaleReads::Everything, 220_000), None);
        assert_eq!(until(StaleReads::Kind, 100_000), Some(Time(189_000)));
        assert_eq!(until(StaleReads::Nothing, 100_000), None);
        assert_eq!(wait(&[hosts], StaleReads::Everything, Kind::Hosts, Time(100_000)), None);
    }

    #[test]
    fn a_failed_refresh_is_told_until_the_next_one_succeeds_and_tests_and_cancels_say_nothing() {
        let ended = |job, state, error: Option<Code>| Operation {
            state,
            error: error.map(|code| ApiError::new(code, "no")),
            ..operation(job, 0, 1)
        };
        use OperationState::{Cancelled, Failed, Partial, Running, Succeeded};
        let test = ended(Job::TEST, Succeeded, None);
        let cancelled = ended(refresh(Kind::Vms), Cancelled, Some(Code::Cancelled));
        let running = ended(refresh(Kind::Vms), Running, None);
        let failed = ended(refresh(Kind::Vms), Failed, Some(Code::Unreachable));
        let history = [running, test, cancelled, failed.clone()];
        assert_eq!(failure(&history), Some(Code::Unreachable));
        for well in [Succeeded, Partial] {
            assert_eq!(failure(&[ended(Job::FULL_SYNC, well, None), failed.clone()]), None);
        }
        assert_eq!(failure(&[]), None);
    }
}
