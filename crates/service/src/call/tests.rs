//! That the one way in turns away what it has no handler for and what it can't read, in words that quote nothing.
//! Refuses to go through every command: `tests/roles.rs` does, with a server that counts.

use crate::Caller;
use crate::tests::fresh;
use contract::Code;
use serde_json::json;

#[tokio::test]
async fn a_call_that_makes_no_sense_is_refused_without_quoting_it() {
    let folder = tempfile::tempdir().unwrap();
    let service = fresh(&folder).await;
    let muster = Caller::muster();
    let unknown = service.call_named(&muster, "close_window", json!({})).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotFound, "that is the shell's");
    let wrong = json!({ "name": "Berlin", "user": 7, "password": ["canary"] });
    let unread = service.call_named(&muster, "add_credential", wrong).await.unwrap_err();
    assert_eq!(unread.code, Code::InvalidValue);
    assert!(!format!("{unread:?}").contains("canary"), "{unread:?}");
    service.close().await;
}
