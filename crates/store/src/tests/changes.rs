//! What processes hear of each other.

use super::*;
use crate::changes::KEPT;
use std::time::Duration;

async fn next(changes: &mut Changes) -> Vec<Change> {
    tokio::time::timeout(Duration::from_secs(10), changes.next()).await.unwrap().unwrap()
}

fn changed(topic: Topic, id: &str) -> Change {
    Change::Changed { topic, id: id.to_owned() }
}

#[tokio::test]
async fn two_processes_hear_what_the_other_wrote_and_not_what_they_wrote_themselves() {
    let (dir, a) = opened().await;
    let b = Store::open(dir.path()).await.unwrap();
    let (mut heard_by_a, mut heard_by_b) = (a.changes().await.unwrap(), b.changes().await.unwrap());
    let id = with_vcenter(&a, "Berlin").await;
    let added = [changed(Topic::Credentials, "credential-Berlin"), changed(Topic::Vcenters, id.as_str())];
    assert_eq!(next(&mut heard_by_b).await, added);

    let empty = pass(vec![], &[Kind::Hosts], 5_000);
    publish(&b, &id, "op", &empty).await;
    let mut expected = vec![
        changed(Topic::Operation, "op"),
        changed(Topic::Inventory, id.as_str()),
        changed(Topic::Vcenters, id.as_str()),
    ];
    // The operation may be heard of in several steps, each time once.
    while !expected.is_empty() {
        for change in next(&mut heard_by_a).await {
            assert!(
                !matches!(&change, Change::Changed { topic: Topic::Credentials, .. }),
                "that was its own"
            );
            expected.retain(|other| *other != change);
        }
    }
}

#[tokio::test]
async fn every_write_is_heard_of() {
    let (dir, a) = opened().await;
    let b = Store::open(dir.path()).await.unwrap();
    let id = with_vcenter(&a, "Berlin").await;
    let credential_id = credential("Berlin").id;
    let mut changes = b.changes().await.unwrap();
    let vcenters = [changed(Topic::Vcenters, id.as_str())];
    let credentials = [changed(Topic::Credentials, credential_id.as_str())];
    let operations = [changed(Topic::Operation, "op")];

    let identity = Identity {
        instance_uuid: None,
        host_macs: None,
        product: "p".into(),
        version: "v".into(),
        build: "b".into(),
    };
    a.identify(&id, identity, ("berlin.example.org", 443)).await.unwrap();
    assert_eq!(next(&mut changes).await, vcenters);
    a.set_contact(&id, VcenterState::Offline, Time(1)).await.unwrap();
    assert_eq!(next(&mut changes).await, vcenters);
    let port = VcenterEdit { port: Some(8443), ..VcenterEdit::default() };
    edit(&a, &id, port.clone()).await.unwrap();
    assert!(next(&mut changes).await.contains(&vcenters[0]));
    edit(&a, &id, port).await.unwrap();
    a.edit_credential(&credential_id, None, Some("root".into())).await.unwrap();
    assert_eq!(next(&mut changes).await, credentials);
    a.set_rejected(&credential_id, Sent { edition: 2, ..sent(None, 7) }, &rejected(1)).await.unwrap();
    assert_eq!(next(&mut changes).await, credentials);
    a.clear_rejection(&credential_id).await.unwrap();
    assert_eq!(next(&mut changes).await, credentials);
    a.submit(operation("op", &id, OperationKind::Test)).await.unwrap();
    assert_eq!(next(&mut changes).await, operations);
    let claim = a.claim(&OperationId("op".into()), Time(2)).await.unwrap().unwrap();
    assert_eq!(next(&mut changes).await, operations);
    a.progress(&claim, &Progress::default(), 1, 1).await.unwrap();
    assert_eq!(next(&mut changes).await, operations);
    a.finish(&claim, finish(3)).await.unwrap();
    assert_eq!(next(&mut changes).await, operations);
    a.remove_vcenter(&id, Time(9)).await.unwrap();
    let told = next(&mut changes).await;
    assert!(told.contains(&vcenters[0]) && told.contains(&credentials[0]), "{told:?}");
    a.add_credential(credential("shared")).await.unwrap();
    assert_eq!(next(&mut changes).await, [changed(Topic::Credentials, credential("shared").id.as_str())]);
    a.remove_credential(&credential("shared").id, Time(9)).await.unwrap();
    assert_eq!(next(&mut changes).await, [changed(Topic::Credentials, credential("shared").id.as_str())]);
}

#[tokio::test]
async fn a_listener_that_is_interrupted_misses_nothing() {
    let (dir, a) = opened().await;
    let b = Store::open(dir.path()).await.unwrap();
    let mut changes = b.changes().await.unwrap();
    let id = with_vcenter(&a, "Berlin").await;
    let vcenters = changed(Topic::Vcenters, id.as_str());
    let mut heard = Vec::new();
    for patience in (0..4_000).step_by(7).map(Duration::from_micros).cycle() {
        if let Ok(changes) = tokio::time::timeout(patience, changes.next()).await {
            heard.extend(changes.unwrap());
        }
        if heard.contains(&vcenters) {
            break;
        }
    }
    assert_eq!(heard.iter().filter(|change| **change == vcenters).count(), 1);
}

#[tokio::test]
async fn old_changes_go_and_who_missed_them_is_told_so() {
    let (dir, a) = opened().await;
    let b = Store::open(dir.path()).await.unwrap();
    let mut changes = b.changes().await.unwrap();
    execute(
        dir.path(),
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10050) \
         INSERT INTO changes (topic, id, process) SELECT 'operation', 'op-' || i, 'somebody' FROM n",
    )
    .await;
    with_vcenter(&a, "Berlin").await;
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM changes").await, KEPT);
    assert_eq!(next(&mut changes).await, [Change::Lagged]);
    let paris = with_vcenter(&a, "Paris").await;
    assert!(next(&mut changes).await.contains(&changed(Topic::Vcenters, paris.as_str())));
}

#[tokio::test]
async fn who_looks_seldom_hears_the_same_and_later() {
    let (dir, a) = opened().await;
    let b = Store::open(dir.path()).await.unwrap();
    let mut heard = a.changes().await.unwrap();
    with_vcenter(&b, "Berlin").await;
    next(&mut heard).await;
    heard.pace().seldom(true);
    let began = std::time::Instant::now();
    let rome = with_vcenter(&b, "Rome").await;
    let changes = next(&mut heard).await;
    assert!(changes.contains(&changed(Topic::Vcenters, rome.as_str())), "{changes:?}");
    assert!(began.elapsed() > Duration::from_millis(600), "{:?}", began.elapsed());
    // What waits is told that somebody looks again.
    let pace = heard.pace();
    let (changes, paris) = tokio::join!(next(&mut heard), async {
        let paris = with_vcenter(&b, "Paris").await;
        pace.seldom(false);
        paris
    });
    assert!(changes.contains(&changed(Topic::Vcenters, paris.as_str())), "{changes:?}");
}
