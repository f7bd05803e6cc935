//! vCenters that were removed, brought back, and purged by whichever process comes first.

use super::*;
use crate::removal::UNDO;
use crate::{Erasure, NewVcenter, VcenterEdit};
use contract::Credential;

const REMOVED: Time = Time(50_000);

fn later(ms: i64) -> Time {
    Time(REMOVED.0 + UNDO + ms)
}

async fn vcenters(store: &Store) -> Vec<String> {
    store.vcenters().await.unwrap().into_iter().map(|one| one.vcenter.name).collect()
}

async fn credentials(store: &Store) -> Vec<Credential> {
    store.credentials().await.unwrap()
}

/// Everything that is stored but the notes for other processes, the audit log, and what hiding a row sets.
async fn stored(dir: &Path) -> BTreeMap<String, Vec<fixture::Row>> {
    let mut tables = fixture::rows(dir).await;
    tables.retain(|table, _| !matches!(&**table, "changes" | "audit"));
    tables
}

#[tokio::test]
async fn a_vcenter_that_is_hidden_is_gone_for_everybody_and_comes_back_as_it_was() {
    let (dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    let hosts = vec![object(Kind::Hosts, "host-1", "esx-1")];
    publish(&store, &berlin, "op-1", &pass(hosts, &[Kind::Hosts], 100)).await;
    let waiting = store.submit(operation("op-2", &berlin, OperationKind::Test)).await.unwrap().id;
    store.submit(operation("op-3", &paris, OperationKind::Test)).await.unwrap();
    store.cancel_queued(&waiting, REMOVED).await.unwrap();
    let before = stored(dir.path()).await;
    let record = store.vcenter(&berlin).await.unwrap();

    let waiting = store.submit(operation("op-4", &berlin, OperationKind::Test)).await.unwrap().id;
    let removed = store.hide_vcenter(&berlin, REMOVED).await.unwrap();
    assert_eq!((removed.credential.unwrap().name, removed.ended), ("Berlin".into(), vec![waiting.clone()]));
    assert_eq!(vcenters(&store).await, ["Paris"]);
    assert_eq!(credentials(&store).await.len(), 1);
    assert!(matches!(store.vcenter(&berlin).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.credential(&credential("Berlin").id).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.operation("op-1").await, Err(Error::NotFound { .. })));
    assert_eq!(store.operations(None, 10).await.unwrap().len(), 1);
    let new = operation("op-5", &berlin, OperationKind::Test);
    assert!(matches!(store.submit(new).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.hide_vcenter(&berlin, REMOVED).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.remove_vcenter(&berlin, REMOVED).await, Err(Error::NotFound { .. })));
    assert!(store.credential_ids().await.unwrap().contains(&credential("Berlin").id), "it is no orphan");
    assert_eq!(store.erasures().await.unwrap(), []);
    assert_eq!(store.purge_removed(later(0)).await.unwrap(), Some(later(1)));

    assert_eq!(store.restore_vcenter(&berlin).await.unwrap(), record);
    let operation = store.operation(waiting.as_str()).await.unwrap();
    assert_eq!(
        (operation.state, operation.error.unwrap().code),
        (OperationState::Cancelled, Code::Cancelled)
    );
    let mut after = stored(dir.path()).await;
    after.get_mut("operations").unwrap().retain(|row| row["id"] != "'op-4'");
    after.get_mut("waiters").unwrap().retain(|row| row["operation_id"] != "'op-4'");
    assert_eq!(after, before);
    assert_eq!(store.load(&berlin).await.unwrap().objects.len(), 1);
    assert!(matches!(store.restore_vcenter(&berlin).await, Err(Error::NotFound { .. })));
    assert_eq!(store.purge_removed(later(99_999)).await.unwrap(), None);
    assert_eq!(vcenters(&store).await, ["Berlin", "Paris"]);
}

#[tokio::test]
async fn any_process_purges_what_was_hidden_ten_seconds_ago_and_notes_its_password() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let with_berlins =
        NewVcenter { credential: VcenterCredential::Existing(credential("Berlin").id), ..vcenter("Paris") };
    store.add_vcenter(with_berlins).await.unwrap();
    // The credential that both use goes with the last of them, and is needed by both undos until then.
    assert_eq!(store.hide_vcenter(&berlin, REMOVED).await.unwrap().credential, None);
    let paris = vcenter("Paris").id;
    assert_eq!(store.hide_vcenter(&paris, Time(REMOVED.0 + 5_000)).await.unwrap().credential, None);
    assert_eq!(credentials(&store).await.len(), 1, "it was made with another one");
    store.restore_vcenter(&paris).await.unwrap();
    store.restore_vcenter(&berlin).await.unwrap();
    store.remove_vcenter(&paris, REMOVED).await.unwrap();
    store.hide_vcenter(&berlin, REMOVED).await.unwrap();

    let other = Store::open(dir.path()).await.unwrap();
    let mut changes = store.changes().await.unwrap();
    assert_eq!(other.purge_removed(later(0)).await.unwrap(), Some(later(1)));
    assert_eq!(other.purge_removed(later(1)).await.unwrap(), None);
    let (id, name) = (credential("Berlin").id, "Berlin".to_owned());
    let noted = [Erasure { credential_id: id, name, since: later(1) }];
    assert_eq!(store.erasures().await.unwrap(), noted);
    assert!(!changes.next().await.unwrap().is_empty());
    let tables = fixture::rows(dir.path()).await;
    assert_eq!((tables["vcenters"].len(), tables["credentials"].len(), tables["objects"].len()), (0, 0, 0));
    assert!(matches!(store.restore_vcenter(&berlin).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn one_that_a_wrong_clock_hid_in_the_future_does_not_stay() {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    store.hide_vcenter(&berlin, Time(i64::MAX - 1)).await.unwrap();
    assert_eq!(store.purge_removed(REMOVED).await.unwrap(), None);
    assert!(matches!(store.restore_vcenter(&berlin).await, Err(Error::NotFound { .. })));
    let paris = with_vcenter(&store, "Paris").await;
    store.hide_vcenter(&paris, REMOVED).await.unwrap();
    execute(dir.path(), "UPDATE vcenters SET removed_at = 'yesterday'").await;
    assert_eq!(store.purge_removed(REMOVED).await.unwrap(), None);
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM vcenters").await, 0);
}

#[tokio::test]
async fn name_and_instance_are_free_at_once_and_an_undo_that_finds_them_taken_says_so() {
    let (_dir, store) = opened().await;
    let identity = |uuid: &str| Identity {
        instance_uuid: Some(uuid.to_owned()),
        host_macs: None,
        product: "VMware vCenter Server".to_owned(),
        version: "8.0.3".to_owned(),
        build: "1".to_owned(),
    };
    let berlin = NewVcenter { identity: Some(identity("a")), ..vcenter("Berlin") };
    store.add_vcenter(berlin.clone()).await.unwrap();
    store.hide_vcenter(&berlin.id, REMOVED).await.unwrap();
    let other = |id: &str, name: &str, credential: &str| NewVcenter {
        id: VcenterId(id.to_owned()),
        credential: VcenterCredential::New(super::credential(credential)),
        ..vcenter(name)
    };
    let taken = async |new: NewVcenter| {
        let id = new.id.clone();
        store.add_vcenter(new).await.unwrap();
        let why = store.restore_vcenter(&berlin.id).await.unwrap_err();
        assert_eq!(store.vcenters().await.unwrap().len(), 1, "nothing of it is half there");
        store.remove_vcenter(&id, REMOVED).await.unwrap();
        why
    };
    let why = taken(other("1", "BERLIN", "other")).await;
    assert!(matches!(&why, Error::NameTaken { name } if name == "Berlin"), "{why:?}");
    let new = NewVcenter { identity: Some(identity("a")), ..other("2", "Bonn", "other") };
    let why = taken(new).await;
    assert!(matches!(&why, Error::SameVcenter { name } if name == "Bonn"), "{why:?}");
    let mut new = other("3", "Bonn", "other");
    if let VcenterCredential::New(credential) = &mut new.credential {
        credential.name = "berlin".to_owned();
    }
    let why = taken(new).await;
    assert!(matches!(&why, Error::NameTaken { name } if name == "Berlin"), "{why:?}");
    store.restore_vcenter(&berlin.id).await.unwrap();
}

#[tokio::test]
async fn what_happens_to_a_shared_credential_meanwhile_happens_to_what_is_hidden() {
    let (_dir, store) = opened().await;
    for name in ["shared", "other"] {
        store.add_credential(credential(name)).await.unwrap();
    }
    let [shared, other] = ["shared", "other"].map(|name| credential(name).id);
    for name in ["Berlin", "Paris"] {
        let credential = VcenterCredential::Existing(shared.clone());
        store.add_vcenter(NewVcenter { credential, ..vcenter(name) }).await.unwrap();
    }
    let [berlin, paris] = ["Berlin", "Paris"].map(|name| vcenter(name).id);
    store.hide_vcenter(&berlin, REMOVED).await.unwrap();
    assert_eq!(credentials(&store).await[1].vcenters, ["Paris"]);
    assert_eq!(store.merge_credential(&shared, &other, REMOVED).await.unwrap(), std::slice::from_ref(&paris));
    assert_eq!(store.restore_vcenter(&berlin).await.unwrap().vcenter.credential_id, other);
    for id in [&berlin, &paris] {
        store.hide_vcenter(id, REMOVED).await.unwrap();
    }
    store.remove_credential(&other, REMOVED).await.unwrap();
    assert!(matches!(store.restore_vcenter(&berlin).await, Err(Error::NotFound { .. })));
    assert_eq!(store.purge_removed(later(1)).await.unwrap(), None);
}

#[tokio::test]
async fn the_schedules_of_one_that_was_hidden_are_its_own_again() {
    let (_dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    let mut record = ScheduleRecord {
        id: ScheduleId("nightly".to_owned()),
        settings: super::schedules::settings("nightly", &[berlin.clone(), paris.clone()]),
        enabled: true,
        edition: 1,
    };
    store
        .add_schedule(&record.id, &record.settings, &[(Some(berlin.clone()), Time(7).into())])
        .await
        .unwrap();
    store.hide_vcenter(&berlin, REMOVED).await.unwrap();
    let chosen = async || store.schedules().await.unwrap().remove(0).settings.vcenters;
    assert_eq!(chosen().await, std::slice::from_ref(&paris));
    assert!(store.planned_runs().await.unwrap().is_empty());
    record.settings.vcenters = vec![paris.clone()];
    record.settings.name = "hourly".to_owned();
    store.edit_schedule(&record, false, &[]).await.unwrap();
    let rename = VcenterEdit { name: Some("Bonn".to_owned()), ..VcenterEdit::default() };
    assert!(matches!(store.edit_vcenter(&berlin, 1, rename).await, Err(Error::NotFound { .. })));
    store.restore_vcenter(&berlin).await.unwrap();
    assert_eq!(chosen().await, [berlin, paris]);
    assert_eq!(store.planned_runs().await.unwrap().len(), 1, "what was planned on it");
}

#[tokio::test]
async fn a_credential_that_was_made_with_it_and_is_used_no_longer_comes_back_too() {
    let (dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    store.add_credential(credential("shared")).await.unwrap();
    let shared = credential("shared").id;
    let change = VcenterEdit { credential_id: Some(shared.clone()), ..VcenterEdit::default() };
    edit(&store, &berlin, change).await.unwrap();
    let before = stored(dir.path()).await;
    store.hide_vcenter(&berlin, Time(REMOVED.0 + 5_000)).await.unwrap();
    assert_eq!(credentials(&store).await.len(), 2, "Paris' and the shared one");
    // Another one that goes takes nothing of it along.
    store.remove_vcenter(&paris, REMOVED).await.unwrap();
    store.restore_vcenter(&berlin).await.unwrap();
    let after = stored(dir.path()).await;
    let own = |tables: &BTreeMap<String, Vec<fixture::Row>>| {
        let all = tables["credentials"].iter().filter(|row| row["id"] != "'credential-Paris'");
        all.cloned().collect::<Vec<_>>()
    };
    assert_eq!(own(&after), own(&before));

    store.hide_vcenter(&berlin, REMOVED).await.unwrap();
    store.remove_credential(&shared, REMOVED).await.unwrap();
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM credentials").await, 0);
    let noted: Vec<_> = store.erasures().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(noted, ["Berlin", "Paris", "shared"]);
}
