//! Rows that are not what was written: each costs itself, is named, and is written again by the next pass that reads it.

use super::*;
use contract::PolicyId;
use sqlx::AssertSqlSafe;

/// A vCenter of hosts and VMs, read in full.
fn whole() -> Pass {
    let objects = (0..6).flat_map(|n| {
        let host = object(Kind::Hosts, &format!("host-{n}"), &format!("esx-{n}"));
        [host, object(Kind::Vms, &format!("vm-{n}"), "a \"b\" ü")]
    });
    pass(objects.collect(), &Kind::ALL, 5_000)
}

fn sorted(mut objects: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
    objects.sort_by(|a, b| (a.kind, &a.moref).cmp(&(b.kind, &b.moref)));
    objects
}

/// Writes into one row what no release would, past the references of other tables.
async fn damage(dir: &Path, sql: &str) {
    let mut connection = engine::connect_to_rebuild(&dir.join("muster.db")).await.unwrap();
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{sql}");
    engine::disconnect(connection).await;
}

/// The next pass finds the same objects, and everything is as it was.
async fn heals(store: &Store, id: &VcenterId, operation: &str, why: &str) {
    let (staged, _) = publish(store, id, operation, &whole()).await;
    let loaded = store.load(id).await.unwrap();
    assert_eq!(loaded.damaged, [], "{why}");
    assert_eq!(sorted(loaded.objects), sorted(whole().objects), "{why}");
    assert_eq!(store.damage().await.unwrap(), [], "{why}");
    let diff = staged.diff.values().fold(0, |sum, diff| sum + diff.removed);
    assert_eq!(diff, 0, "{why}: a damaged row was no object that is gone");
}

#[tokio::test]
async fn a_damaged_object_costs_itself_and_the_next_full_pass_writes_it_again() {
    // How one row of the twelve is damaged, and how it is named then.
    let ways = [
        ("document = '{\"values\":'", "hosts host-3"),
        ("document = replace(document, 'esx-3', 'esx-X')", "hosts host-3"),
        ("document = CAST(document AS BLOB)", "hosts host-3"),
        ("document = CAST(x'7bff7d' AS TEXT)", "hosts host-3"),
        ("hash = zeroblob(32)", "hosts host-3"),
        ("object_type = 'HostSystems'", "hosts host-3"),
        ("object_type = x'00'", "hosts host-3"),
        ("moref = CAST(x'686f73742dff' AS TEXT)", "hosts host-\u{fffd}"),
        ("moref = CAST(moref AS BLOB)", "hosts host-3"),
        ("kind = CAST(x'686f7374ff' AS TEXT)", "host\u{fffd} host-3"),
        ("kind = CAST(kind AS BLOB)", "hosts host-3"),
    ];
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &whole()).await;
    for (n, (set, named)) in ways.into_iter().enumerate() {
        let sql = format!("UPDATE objects SET {set} WHERE kind = 'hosts' AND moref = 'host-3'");
        damage(dir.path(), &sql).await;

        let loaded = store.load(&id).await.unwrap();
        let mut left = whole().objects;
        left.retain(|object| &*object.moref != "host-3");
        assert_eq!(sorted(loaded.objects), sorted(left), "{set}: everything else stays readable");
        let damaged: Vec<String> = loaded.damaged.iter().map(|(k, m)| format!("{k} {m}")).collect();
        assert_eq!(damaged, [named], "{set}");
        let found = Damaged::Inventory { vcenter: id.clone(), what: named.to_owned() };
        assert_eq!(store.damage().await.unwrap(), [found], "{set}");
        heals(&store, &id, &format!("pass-{n}"), set).await;
        assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM objects").await, 12, "{set}");
    }
}

#[tokio::test]
async fn a_pass_of_other_kinds_leaves_a_damaged_row_to_the_pass_that_reads_it() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "1", &whole()).await;
    execute(dir.path(), "UPDATE objects SET document = '' WHERE moref = 'vm-2'").await;
    let hosts = whole().objects.into_iter().filter(|object| object.kind == Kind::Hosts).collect();
    publish(&store, &id, "2", &pass(hosts, &[Kind::Hosts], 6_000)).await;
    assert_eq!(store.load(&id).await.unwrap().damaged, [("vms".to_owned(), "vm-2".into())]);
    heals(&store, &id, "3", "vms").await;
}

#[tokio::test]
async fn a_damaged_row_stays_and_is_named_until_a_pass_has_read_what_it_was_about() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &whole()).await;
    let read = |kind: Kind, whole: &[Kind]| {
        let objects = self::whole().objects.into_iter().filter(|object| object.kind == kind);
        pass(objects.collect(), whole, 6_000)
    };
    // Of a cluster's hosts one is not read; another kind was read whole with them.
    let mut cluster = read(Kind::Hosts, &[Kind::Clusters]);
    cluster.objects.retain(|object| &*object.moref != "host-3");
    cluster.clusters = vec!["domain-c1".into()];
    let passes = [
        ("hosts", "moref = CAST(moref AS BLOB)", &cluster),
        ("hosts", "moref = CAST(moref AS BLOB)", &read(Kind::Vms, &[Kind::Vms, Kind::Snapshots])),
        ("hosts", "kind = CAST(kind AS BLOB)", &read(Kind::Datacenters, &[Kind::Datacenters])),
        ("hosts", "kind = CAST(x'686f7374ff' AS TEXT)", &read(Kind::Hosts, &[Kind::Hosts])),
    ];
    for (n, (kind, set, pass)) in passes.into_iter().enumerate() {
        let sql = format!("UPDATE objects SET {set} WHERE kind = '{kind}' AND moref = 'host-3'");
        damage(dir.path(), &sql).await;
        let damaged = store.damage().await.unwrap();
        assert_eq!(damaged.len(), 1, "{set}");
        publish(&store, &id, &format!("{n}-part"), pass).await;
        assert_eq!(store.damage().await.unwrap(), damaged, "{set}: what it was about was not read again");
        heals(&store, &id, &format!("{n}-whole"), set).await;
    }
    damage(dir.path(), "UPDATE objects SET moref = x'ff' WHERE moref = 'host-3'").await;
    publish(&store, &id, "hosts", &read(Kind::Hosts, &[Kind::Hosts])).await;
    assert_eq!(store.damage().await.unwrap(), [], "a pass that read all hosts replaces one without a moref");
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM objects").await, 12);
}

#[tokio::test]
async fn documents_are_hashed_on_no_thread_that_others_wait_for() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &whole()).await;
    publish(&store, &id, "second", &whole()).await;
    assert_eq!(store.load(&id).await.unwrap().objects.len(), 12);
    assert_eq!(store.damage().await.unwrap(), []);
    // The runtime of a test is this thread, and a thread each for what blocks.
    assert_eq!(crate::document::HASHED_HERE.get(), 0);
}

#[tokio::test]
async fn whatever_bytes_of_a_row_flip_no_other_row_is_lost_and_no_false_one_is_told() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    publish(&store, &id, "first", &whole()).await;
    let mut numbers = Numbers(20_261_125);
    for round in 0..60 {
        let mut flipped = Vec::new();
        for _ in 0..=numbers.below(4) {
            let column = ["document", "document", "hash", "object_type"][numbers.below(4)];
            flipped.push(flip(dir.path(), column, &mut numbers).await);
        }
        let loaded = store.load(&id).await.unwrap();
        for object in &loaded.objects {
            let written = whole().objects.into_iter().any(|written| written == *object);
            assert!(written, "round {round}: {object:?} was never written");
        }
        let lost = loaded.damaged.len();
        assert_eq!(loaded.objects.len() + lost, 12, "round {round}: every row is read or named");
        assert!(lost <= flipped.len(), "round {round}: {lost} rows are lost by {flipped:?}");
        assert_eq!(store.damage().await.unwrap().len(), lost, "round {round}");
        heals(&store, &id, &format!("pass-{round}"), &format!("round {round}: {flipped:?}")).await;
    }
}

/// Flips a bit of a column in some row; answers with which.
async fn flip(dir: &Path, column: &str, numbers: &mut Numbers) -> String {
    let mut connection = raw(dir).await;
    let row = numbers.below(12);
    let select =
        format!("SELECT rowid, CAST({column} AS BLOB) FROM objects ORDER BY rowid LIMIT 1 OFFSET {row}");
    let (rowid, mut bytes): (i64, Vec<u8>) =
        sqlx::query_as(AssertSqlSafe(select)).fetch_one(&mut connection).await.unwrap();
    let (byte, bit) = (numbers.below(bytes.len()), numbers.below(8));
    bytes[byte] ^= 1 << bit;
    let into = if column == "hash" { "$1" } else { "CAST($1 AS TEXT)" };
    let update = format!("UPDATE objects SET {column} = {into} WHERE rowid = $2");
    sqlx::query(AssertSqlSafe(update)).bind(bytes).bind(rowid).execute(&mut connection).await.unwrap();
    engine::disconnect(connection).await;
    format!("bit {bit} of byte {byte} of the {column} of row {row}")
}

#[tokio::test]
async fn a_damaged_row_of_the_configuration_costs_that_row_and_is_named() {
    let (dir, store) = opened().await;
    let (berlin, _) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    store.add_credential(credential("spare")).await.unwrap();
    let settings = schedules::settings("nightly", &[]);
    store.add_schedule(&ScheduleId("s".to_owned()), &settings, &[]).await.unwrap();
    let policy = PolicyId("p".to_owned());
    store.add_policy(&policies::policy(&policy, "tests")).await.unwrap();
    execute(dir.path(), "UPDATE policies SET settings = '{}'").await;
    let hook = destinations::webhook("d", "ops", &credential("Paris").id);
    store.add_destination(&hook).await.unwrap();
    execute(dir.path(), "UPDATE destinations SET target = '{}'").await;
    assert_eq!(store.destinations().await.unwrap(), []);
    assert_eq!(store.policies().await.unwrap(), []);
    execute(dir.path(), "UPDATE schedules SET job = 'nothing'").await;
    assert_eq!(store.schedules().await.unwrap(), []);
    execute(dir.path(), "UPDATE vcenters SET host = x'ff' WHERE name = 'Berlin'").await;
    execute(dir.path(), "UPDATE credentials SET username = x'ff' WHERE name = 'spare'").await;
    let names: Vec<String> = store.vcenters().await.unwrap().into_iter().map(|r| r.vcenter.name).collect();
    assert_eq!(names, ["Paris"]);
    let credentials: Vec<String> = store.credentials().await.unwrap().into_iter().map(|c| c.name).collect();
    assert_eq!(credentials, ["Berlin", "Paris"]);
    let damage = store.damage().await.unwrap();
    assert!(matches!(&damage[0], Damaged::Vcenter { name, .. } if name == "Berlin"), "{damage:?}");
    assert!(matches!(&damage[1], Damaged::Credential { name, .. } if name == "spare"), "{damage:?}");
    assert!(matches!(&damage[2], Damaged::Schedule { name, .. } if name == "nightly"), "{damage:?}");
    assert!(matches!(&damage[3], Damaged::Policy { name, .. } if name == "tests"), "{damage:?}");
    assert!(matches!(&damage[4], Damaged::Destination { name, .. } if name == "ops"), "{damage:?}");
    assert_eq!(damage.len(), 5);
    store.remove_destination(&hook.id).await.unwrap();
    store.remove_policy(&policy).await.unwrap();
    store.remove_schedule(&ScheduleId("s".to_owned())).await.unwrap();
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!(store.damage().await.unwrap().len(), 1, "what is damaged can be removed");
}

#[tokio::test]
async fn what_can_be_done_without_costs_itself_and_not_its_vcenter() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    store.set_contact(&id, VcenterState::Online, Time(7)).await.unwrap();
    for set in
        ["settings = '[\"prod'", "settings = x'00'", "contact_at = 'yesterday'", "contact_since = x'07'"]
    {
        damage(dir.path(), &format!("UPDATE vcenters SET {set}")).await;
        assert_eq!(store.vcenters().await.unwrap().len(), 1, "{set}");
    }
    let record = store.vcenter(&id).await.unwrap();
    assert_eq!((record.vcenter.settings.tags.len(), record.contact, record.state_since), (0, None, None));
    store.set_contact(&id, VcenterState::Offline, Time(8)).await.unwrap();
    let contact = Contact { state: VcenterState::Offline, at: Time(8) };
    assert_eq!(store.vcenter(&id).await.unwrap().contact, Some(contact), "the next contact is written again");
}

#[tokio::test]
async fn a_setting_that_this_release_does_not_know_or_cannot_read_costs_no_other_and_survives_an_edit_of_another()
 {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let of_tomorrow =
        r#"{"tags":["eu"],"stale_reads":"sometimes","color":{"of":"the row"},"ttl_seconds":60}"#;
    damage(dir.path(), &format!("UPDATE vcenters SET settings = '{of_tomorrow}'")).await;
    let read = store.vcenter(&id).await.unwrap().vcenter.settings;
    assert_eq!(read, settings(&["eu"], 60));
    let noted = VcenterSettings { note: "kept".into(), ..read };
    let changed =
        edit(&store, &id, VcenterEdit { settings: Some(noted.clone()), ..Default::default() }).await;
    assert_eq!(changed.unwrap().vcenter.settings, noted);
    let mut connection = raw(dir.path()).await;
    let stored: String =
        sqlx::query_scalar("SELECT settings FROM vcenters").fetch_one(&mut connection).await.unwrap();
    engine::disconnect(connection).await;
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let expected = serde_json::json!({
        "tags": ["eu"], "stale_reads": "sometimes", "color": {"of": "the row"}, "ttl_seconds": 60, "note": "kept",
    });
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn network_cards_that_cannot_be_read_keep_nobody_from_being_added() {
    let (dir, store) = opened().await;
    let host = |macs: &[&str]| Identity {
        instance_uuid: Some("4c4c4544-004a-4210-8052-b4c04f303432".to_owned()),
        host_macs: Some(macs.iter().map(|mac| (*mac).to_owned()).collect()),
        product: "VMware ESXi".to_owned(),
        version: "8.0.3".to_owned(),
        build: "24022510".to_owned(),
    };
    let berlin = NewVcenter { identity: Some(host(&["aa:01"])), ..vcenter("Berlin") };
    store.add_vcenter(berlin).await.unwrap();
    for (set, name) in [("'[\"aa:0'", "Bonn"), ("x'ff'", "Paris")] {
        damage(dir.path(), &format!("UPDATE vcenters SET host_macs = {set} WHERE name = 'Berlin'")).await;
        assert_eq!(store.same_as(&host(&["bb:02"])).await.unwrap(), None, "{set}");
        assert!(
            store.vcenters().await.unwrap().iter().any(|record| record.vcenter.name == "Berlin"),
            "{set}"
        );
        let added = NewVcenter { identity: Some(host(&[name])), ..vcenter(name) };
        store.add_vcenter(added).await.unwrap();
    }
    store
        .identify(&VcenterId("vcenter-Berlin".into()), host(&["aa:01"]), ("berlin.example.org", 443))
        .await
        .unwrap();
    assert_eq!(
        store.same_as(&host(&["aa:01"])).await.unwrap().as_deref(),
        Some("Berlin"),
        "told again, it is known"
    );
}

#[tokio::test]
async fn when_a_kind_was_read_is_lost_with_its_row_only_and_comes_back_with_the_next_pass() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let kinds = Kind::READ.len();
    let ways = ["synced_at = 'today'", "scope = x'ff'", "kind = x'ff'", "kind = CAST(x'ff' AS TEXT)"];
    for (n, set) in ways.into_iter().enumerate() {
        publish(&store, &id, &format!("{n}-first"), &whole()).await;
        damage(dir.path(), &format!("UPDATE coverage SET {set} WHERE kind = 'vms'")).await;
        let loaded = store.load(&id).await.unwrap();
        assert_eq!((loaded.objects.len(), loaded.coverage.len()), (12, kinds - 1), "{set}");
        let damage = store.damage().await.unwrap();
        assert!(matches!(&damage[..], [Damaged::Inventory { vcenter, .. }] if *vcenter == id), "{damage:?}");
        publish(&store, &id, &format!("{n}-part"), &pass(Vec::new(), &[Kind::Datacenters], 6_000)).await;
        assert_eq!(store.damage().await.unwrap(), damage, "{set}: that kind was not read again");
        heals(&store, &id, &format!("{n}-next"), set).await;
        assert_eq!(store.load(&id).await.unwrap().coverage.len(), kinds, "{set}");
        let rows = number(dir.path(), "SELECT COUNT(*) FROM coverage").await;
        assert_eq!(usize::try_from(rows).unwrap(), kinds, "{set}");
    }
}

#[tokio::test]
async fn a_damaged_operation_is_left_out_and_hides_no_other() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    for operation in ["op-1", "op-2", "op-3", "op-4"] {
        let claim = claimed(&store, &id, operation).await;
        let error = Some(ApiError::new(Code::Failed, "for a test"));
        store.finish(&claim, Finish { error, ..finish(3_000) }).await.unwrap();
    }
    execute(dir.path(), "UPDATE operations SET error = '{\"code\"' WHERE id = 'op-2'").await;
    execute(dir.path(), "UPDATE operations SET kind = 'de_fragment' WHERE id = 'op-3'").await;
    execute(dir.path(), "UPDATE operations SET kind = 'full sync!' WHERE id = 'op-4'").await;
    let listed: Vec<String> =
        store.operations(None, 9).await.unwrap().into_iter().map(|operation| operation.id.0).collect();
    assert_eq!(listed, ["op-1"]);
    let damaged = ["op-2", "op-4"].map(|id| Damaged::Operation { id: id.to_owned() });
    assert_eq!(store.damage().await.unwrap(), damaged, "a newer release's kind is no damage");
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM operations").await, 4, "they stay as history");
}

#[tokio::test]
async fn a_live_operation_whose_owner_cannot_be_told_blocks_no_lane() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    for (n, set) in ["owner = x'ff'", "owner = x'ff', id = x'ff'"].into_iter().enumerate() {
        let claim = claimed(&store, &id, &format!("running-{n}")).await;
        damage(dir.path(), &format!("UPDATE operations SET {set} WHERE state = 'running'")).await;
        let next = claimed(&store, &id, &format!("next-{n}")).await;
        let lost = store.finish(&claim, finish(3_000)).await;
        assert!(matches!(lost, Err(Error::ClaimLost { .. })), "{lost:?}");
        store.finish(&next, finish(3_000)).await.unwrap();
    }
    let live = "SELECT COUNT(*) FROM operations WHERE state IN ('queued', 'running')";
    assert_eq!(number(dir.path(), live).await, 0);
}

#[tokio::test]
async fn a_damaged_change_tells_that_anything_may_have_changed() {
    let (dir, store) = opened().await;
    let other = Store::open(dir.path()).await.unwrap();
    let mut changes = other.changes().await.unwrap();
    execute(dir.path(), "INSERT INTO changes (topic, id, process) VALUES ('vcenters', x'ff', x'ff')").await;
    let heard = tokio::time::timeout(std::time::Duration::from_secs(10), changes.next()).await;
    assert_eq!(heard.unwrap().unwrap(), [Change::Lagged]);
    drop(store);
}

#[tokio::test]
async fn what_a_server_refused_and_cannot_be_read_is_found_out_again() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let paths = RefusedPaths::from([("clusters".to_owned(), ["summary.nothing".to_owned()].into())]);
    for damaged in ["paths = '{'", "paths = x'ff'"] {
        store.set_refused(&id, "8.0", &paths).await.unwrap();
        assert_eq!(store.refused(&id, "8.0").await.unwrap(), paths);
        damage(dir.path(), &format!("UPDATE refused_paths SET {damaged}")).await;
        assert_eq!(store.refused(&id, "8.0").await.unwrap(), RefusedPaths::new(), "{damaged}");
    }
}

#[tokio::test]
async fn a_waiter_that_cannot_be_told_hides_no_other() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let operation = claimed(&store, &id, "op").await.operation.id;
    execute(dir.path(), "INSERT INTO waiters VALUES ('op', x'ff')").await;
    assert_eq!(store.unwanted().await.unwrap(), []);
    store.withdraw(&operation).await.unwrap();
    assert_eq!(store.unwanted().await.unwrap(), [operation]);
}

#[test]
fn a_database_is_sound_when_nothing_is_wrong_with_it_and_it_has_its_write_ahead_log() {
    let health = |faults: &[&str], journal_mode: &str| Health {
        sqlite_version: String::new(),
        journal_mode: journal_mode.to_owned(),
        faults: faults.iter().map(|fault| (*fault).to_owned()).collect(),
        schema_version: 1,
        path: "muster.db".into(),
        size_bytes: 1,
        used_bytes: 1,
    };
    assert!(health(&[], "wal").is_sound());
    assert!(!health(&["row 1 missing"], "wal").is_sound());
    assert!(!health(&[], "delete").is_sound());
    assert!(!health(&["row 1 missing"], "delete").is_sound());
}

#[tokio::test]
async fn a_connection_whose_transaction_sqlite_ended_by_itself_is_not_used_again() {
    let (_dir, store) = opened().await;
    let mut tx = store.engine().write(store.attempt("writing")).await.unwrap();
    // What SQLite does by itself on a full disk, behind the back of who counts transactions.
    sqlx::query("ROLLBACK").execute(&mut *tx).await.unwrap();
    drop(tx);
    let id = with_vcenter(&store, "Berlin").await;
    assert_eq!(store.vcenter(&id).await.unwrap().vcenter.name, "Berlin");
}
