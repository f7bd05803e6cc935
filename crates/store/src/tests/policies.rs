//! Policies: stored, moved on once, and what they wait for.

use super::*;
use crate::PolicyRecord;
use contract::policy::{Cause, Happened, PolicySettings, Step, Trigger};
use contract::{PolicyId, VcenterState};

pub(super) fn policy(id: &PolicyId, name: &str) -> PolicyRecord {
    let settings = PolicySettings {
        name: name.to_owned(),
        when: vec![Trigger::Offline {}],
        steps: vec![Step::FullSync {}],
        ..PolicySettings::default()
    };
    PolicyRecord { id: id.clone(), settings, enabled: true, edition: 1, seen: "{}".to_owned(), last: None }
}

fn run(policy: &PolicyRecord, id: &str, at: i64) -> NewOperation {
    let cause = Cause { what: Happened::Hand, at: Time(at), vcenters: Vec::new(), after: Vec::new() };
    NewOperation {
        id: OperationId(id.to_owned()),
        vcenter_id: None,
        job: Job::Policy {
            policy: policy.id.clone(),
            settings: Box::new(policy.settings.clone()),
            cause: Box::new(cause),
        },
        origin: Origin::Policy,
        role: Role::Operator,
        awaited: false,
        at: Time(at),
        parent: None,
    }
}

#[tokio::test]
async fn what_a_policy_has_answered_is_moved_on_once_and_only_from_what_was_seen() {
    let (_dir, store) = opened().await;
    let one = policy(&PolicyId("p".to_owned()), "nightly");
    store.add_policy(&one).await.unwrap();
    let other = policy(&PolicyId("q".to_owned()), "Nightly");
    assert!(matches!(store.add_policy(&other).await, Err(Error::NameTaken { .. })));
    let first = store.start_policy(&one, "1", Some(run(&one, "o-1", 1))).await.unwrap();
    assert_eq!(first.map(|first| first.id.0).as_deref(), Some("o-1"));
    assert_eq!(store.start_policy(&one, "1", Some(run(&one, "o-2", 2))).await.unwrap(), None, "it was seen");
    let now = store.policies().await.unwrap().remove(0);
    assert_eq!((now.seen.as_str(), now.last.as_ref().map(|id| id.as_str())), ("1", Some("o-1")));
    let edited = PolicyRecord { seen: "2".to_owned(), enabled: false, ..now.clone() };
    store.edit_policy(&edited).await.unwrap();
    assert!(matches!(store.edit_policy(&edited).await, Err(Error::Stale { .. })));
    assert_eq!(
        store.start_policy(&now, "3", Some(run(&one, "o-3", 3))).await.unwrap(),
        None,
        "another edition"
    );
    // By hand whatever it has answered, and beside no other run of it.
    store.run_policy(&one.id, run(&one, "o-4", 4)).await.unwrap();
    let runnable = store.runnable(true).await.unwrap();
    assert_eq!(runnable.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["o-1"]);
}

#[tokio::test]
async fn what_happened_stands_in_its_order_and_each_change_once() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    assert_eq!(store.newest_happened().await.unwrap(), 0);
    for (state, at) in [
        (VcenterState::Online, 1),
        (VcenterState::Offline, 2),
        (VcenterState::Offline, 3),
        (VcenterState::LoginRejected, 4),
        (VcenterState::Offline, 5),
        (VcenterState::Online, 6),
        (VcenterState::Online, 7),
    ] {
        store.set_contact(&berlin, state, Time(at)).await.unwrap();
    }
    let all = store.happened_since(0).await.unwrap();
    let said: Vec<_> = all.iter().map(|one| (one.what, one.at.0)).collect();
    assert_eq!(said, [(Happened::Offline, 2), (Happened::Online, 6)]);
    assert_eq!(store.happened_since(all[0].seq).await.unwrap(), all[1..]);
    // Whether it is away is not forgotten.
    assert_eq!(store.forget_happened(0).await.unwrap(), 1);
    store.set_contact(&berlin, VcenterState::Online, Time(8)).await.unwrap();
    assert_eq!(store.happened_since(0).await.unwrap(), all[1..]);
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!(store.happened_since(0).await.unwrap(), []);
}
