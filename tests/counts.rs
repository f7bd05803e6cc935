//! What the database counts: how reads were answered, and when somebody looked.
//! Refuses to ask Muster for it: the tables are read from beside it.

use crate::support::{Musterctl, Peer, eventually, finish};
use crate::terminal::Terminal;
use serde_json::{Value, json};
use std::process::Command;

/// Rows of a query, read by another program.
fn rows(muster: &Musterctl, sql: &str) -> Value {
    let script = "import json, sqlite3, sys\n\
        database = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)\n\
        print(json.dumps(database.execute(sys.argv[2]).fetchall()))";
    let file = muster.data().join("muster.db");
    let output = Command::new("python3").args(["-c", script]).arg(file).arg(sql).output().expect("python3");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("rows")
}

#[test]
fn reads_are_counted_by_how_they_were_answered_and_looks_are_noted_until_somebody_deletes_that() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let counted = || rows(&muster, "SELECT SUM(hits), SUM(shared), SUM(misses) FROM cache_reads");
    let looked = || rows(&muster, "SELECT COUNT(*) FROM usage WHERE looks != zeroblob(672)")[0][0].clone();
    let seen = || rows(&muster, "SELECT COUNT(*) FROM usage")[0][0].clone();
    assert_eq!(counted(), json!([[null, null, null]]), "a sync is no read");

    for _ in 0..2 {
        muster.ok(&["inventory", "hosts"]);
    }
    muster.ok(&["inventory", "hosts", "--role", "viewer"]);
    assert_eq!(counted(), json!([[2, 0, 0]]), "of a viewer nothing is counted");

    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let stale = ["inventory", "hosts", "--max-age", "0s", "--json"];
    let first = muster.spawn(&stale);
    eventually("the first one reads", || peer.is_holding());
    let second = muster.spawn(&stale);
    eventually("the second one waits for it too", || muster.ok(&["operations", "list"])[0]["waiting"] == 2);
    peer.let_go();
    for child in [first, second] {
        let run = finish(child);
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!(counted(), json!([[2, 1, 1]]), "one refresh, begun by one and joined by the other");
    assert_eq!(
        (looked(), seen()),
        (json!(0), json!(1)),
        "nobody looks at what a script reads, but something changed"
    );

    for _ in 0..2 {
        let run = Terminal::start(&muster, "inventory hosts").finish();
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!(counted(), json!([[4, 1, 1]]));
    assert_eq!(looked(), json!(1));

    let unasked = muster.json(&["settings", "delete-usage"]);
    assert!(
        unasked.code != 0 && unasked.stderr.contains("--yes"),
        "nobody is there to be asked: {unasked:?}"
    );
    let refused = muster.json(&["settings", "delete-usage", "--yes", "--role", "operator"]);
    assert_ne!(refused.code, 0, "an admin deletes it: {refused:?}");
    assert_eq!(seen(), json!(1));
    assert_eq!(muster.ok(&["settings", "delete-usage", "--yes"]), json!({ "deleted": true }));
    assert_eq!((seen(), counted()), (json!(0), json!([[4, 1, 1]])), "how reads were answered stays");
    let deleted =
        rows(&muster, "SELECT COUNT(*) FROM audit WHERE command = 'delete_usage' AND outcome = 'done'");
    assert_eq!(deleted, json!([[1]]));
    let run = Terminal::start(&muster, "inventory hosts").finish();
    assert_eq!((run.code, looked()), (0, json!(1)), "it is noted anew");

    muster.ok(&["vcenter", "remove", "Berlin", "--yes"]);
    assert_eq!((counted(), seen()), (json!([[null, null, null]]), json!(0)));
}
