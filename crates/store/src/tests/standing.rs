//! Which password is known to work where, and whom a rejection binds.

use super::*;
use std::time::Duration;

/// A store with three vCenters that share a credential.
async fn shared() -> (TempDir, Store, CredentialId, [VcenterId; 3]) {
    let (dir, store) = opened().await;
    let id = credential("ops").id;
    store.add_credential(credential("ops")).await.unwrap();
    let names = ["Berlin", "Oslo", "Rome"];
    for name in names {
        let credential = VcenterCredential::Existing(id.clone());
        store.add_vcenter(NewVcenter { credential, ..vcenter(name) }).await.unwrap();
    }
    (dir, store, id, names.map(|name| vcenter(name).id))
}

fn there(works_on: &str) -> Noted {
    Noted::RejectedThere { works_on: works_on.to_owned() }
}

const WORKS: Noted = Noted::Works { lifted: false };

#[tokio::test]
async fn an_unproven_password_is_rejected_for_all_and_one_that_works_elsewhere_there_alone() {
    let (_dir, store, id, [berlin, oslo, rome]) = shared().await;
    let reject = async |at: &VcenterId, password, when| {
        store
            .set_rejected(
                &id,
                sent(Some(at), password),
                &Rejected { fingerprint: Some(password), ..rejected(when) },
            )
            .await
    };
    let accept = async |at: &VcenterId, password, when| {
        store.set_accepted(&id, sent(Some(at), password), Time(when), false).await.unwrap()
    };
    assert_eq!(reject(&berlin, 1, 1).await.unwrap(), Noted::Rejected);
    let last = store.standing(&id).await.unwrap().last.unwrap();
    assert_eq!(last.by.as_deref(), Some("Berlin"));

    assert_eq!(accept(&berlin, 2, 2).await, WORKS);
    assert_eq!(store.standing(&id).await.unwrap().proven, Some(2));
    assert_eq!(reject(&berlin, 2, 3).await.unwrap(), Noted::Rejected, "it worked nowhere else");

    assert_eq!(accept(&oslo, 3, 4).await, WORKS);
    assert_eq!(accept(&rome, 3, 5).await, WORKS);
    assert_eq!(reject(&berlin, 3, 6).await.unwrap(), there("Rome"));
    let known = store.standing(&id).await.unwrap();
    assert_eq!(
        (known.is_proven(3), known.works_on(3, Some(&berlin))),
        (false, Some("Rome")),
        "one at a time now"
    );
    assert_eq!(known.fingerprints, [1, 2], "it isn't one that was rejected for all");
    assert_eq!(known.rejected_at(&berlin).map(|one| one.fingerprint).next(), Some(Some(3)));
    assert_eq!(accept(&oslo, 3, 7).await, WORKS);
    assert!(store.standing(&id).await.unwrap().is_proven(3));
    assert_eq!(reject(&rome, 3, 8).await.unwrap(), there("Oslo"));
    assert_eq!(reject(&oslo, 3, 9).await.unwrap(), Noted::Rejected, "two in a row: it isn't right any more");
    let known = store.standing(&id).await.unwrap();
    assert_eq!((known.proven, known.works_on(3, None)), (None, None));
    assert_eq!(accept(&rome, 3, 10).await, Noted::Works { lifted: true });
    let known = store.standing(&id).await.unwrap();
    assert_eq!((known.rejected_at(&rome).count(), known.fingerprints), (0, vec![1, 2]));
    let known = store.standing(&id).await.unwrap();
    assert_eq!(known.rejected_at(&berlin).count(), 3, "Berlin said nothing else since");
}

#[tokio::test]
async fn a_vcenter_that_rejects_it_again_and_again_says_nothing_about_the_others() {
    let (_dir, store, id, [berlin, oslo, rome]) = shared().await;
    for vcenter in [&oslo, &rome] {
        store.set_accepted(&id, sent(Some(vcenter), 7), Time(1), false).await.unwrap();
    }
    for at in 2..5 {
        for _ in 0..3 {
            let noted = store.set_rejected(&id, sent(Some(&berlin), 7), &rejected(at)).await.unwrap();
            assert!(matches!(noted, Noted::RejectedThere { .. }), "{noted:?}");
            assert!(!store.standing(&id).await.unwrap().is_proven(7));
        }
        store.set_accepted(&id, sent(Some(&rome), 7), Time(at), false).await.unwrap();
    }
    let noted = store.set_rejected(&id, sent(None, 7), &rejected(6)).await.unwrap();
    assert_eq!(noted, Noted::Rejected, "nobody would remember what a server said that isn't configured");
}

#[tokio::test]
async fn what_is_said_of_a_login_that_was_sent_before_a_change_means_nothing() {
    let (_dir, store, id, [berlin, oslo, _]) = shared().await;
    let old = sent(Some(&berlin), 7);
    store.set_accepted(&id, sent(Some(&oslo), 7), Time(1), false).await.unwrap();
    store.clear_rejection(&id).await.unwrap();
    let known = store.standing(&id).await.unwrap();
    assert_eq!(known, Standing { edition: 2, ..Standing::default() });
    assert_eq!(store.set_rejected(&id, old, &rejected(2)).await.unwrap(), Noted::Stale);
    assert_eq!(store.set_accepted(&id, old, Time(2), true).await.unwrap(), Noted::Stale);
    assert_eq!(store.standing(&id).await.unwrap(), known);
    store.edit_credential(&id, None, Some("another".into())).await.unwrap();
    store.edit_credential(&id, None, Some("another".into())).await.unwrap();
    assert_eq!(store.standing(&id).await.unwrap().edition, 3, "the same user is no change");
}

#[tokio::test]
async fn what_a_vcenter_said_goes_with_it_and_counts_only_while_it_uses_the_credential() {
    let (dir, store, id, [berlin, oslo, rome]) = shared().await;
    for vcenter in [&berlin, &oslo] {
        store.set_accepted(&id, sent(Some(vcenter), 7), Time(1), false).await.unwrap();
    }
    let own = NewCredential { id: CredentialId("own".into()), ..credential("own") };
    store.add_credential(own.clone()).await.unwrap();
    let change = VcenterEdit { credential_id: Some(own.id), ..VcenterEdit::default() };
    edit(&store, &berlin, change).await.unwrap();
    store.remove_vcenter(&oslo, Time(9)).await.unwrap();
    let noted = store.set_rejected(&id, sent(Some(&rome), 7), &rejected(2)).await.unwrap();
    assert_eq!(noted, Noted::Rejected, "no other vCenter is left that it works on");
    let removed = store.set_accepted(&id, sent(Some(&oslo), 7), Time(3), true).await.unwrap();
    assert_eq!(removed, Noted::Works { lifted: true }, "its answer came after it was removed");
    store.remove_vcenter(&rome, Time(9)).await.unwrap();
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM login_answers").await, 0);
}

#[tokio::test]
async fn a_vcenter_remembers_eight_rejected_passwords_and_a_locked_account_beside_them() {
    let (_dir, store, id, [berlin, oslo, _]) = shared().await;
    for password in 0..10_u16 {
        let at = i64::from(password) * 10;
        store.set_accepted(&id, sent(Some(&oslo), password), Time(at), false).await.unwrap();
        let wrong = Rejected { fingerprint: Some(password), ..rejected(at + 1) };
        store.set_rejected(&id, sent(Some(&berlin), password), &wrong).await.unwrap();
    }
    let known = async || {
        let known = store.standing(&id).await.unwrap();
        known.rejected_at(&berlin).map(|one| one.fingerprint).collect::<Vec<_>>()
    };
    assert_eq!(known().await, [9, 8, 7, 6, 5, 4, 3, 2].map(Some));
    store.set_accepted(&id, sent(Some(&oslo), 9), Time(200), false).await.unwrap();
    let locked = Rejected { because: Rejection::AccountLocked, fingerprint: None, ..rejected(201) };
    assert_eq!(store.set_rejected(&id, sent(Some(&berlin), 9), &locked).await.unwrap(), Noted::Rejected);
    assert!(
        store.standing(&id).await.unwrap().is_proven(9),
        "that it is locked says nothing of the password"
    );
    assert_eq!(known().await[..2], [None, Some(9)]);
    store.set_accepted(&id, sent(Some(&berlin), 8), Time(202), false).await.unwrap();
    assert_eq!(known().await, [9, 7, 6, 5, 4, 3].map(Some), "whoever gets in isn't locked out");
}

/// Whether a wait goes on for as long as others may hold it up.
async fn waits<T>(wait: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_millis(200), wait).await.is_err()
}

#[tokio::test]
async fn two_log_in_beside_each_other_or_one_alone_and_one_more_while_a_server_is_slow() {
    let (_dir, store, id, _) = shared().await;
    let turn = async |alone| store.login_turn(&id, alone).await.unwrap();
    let first = turn(false).await;
    let second = turn(false).await;
    assert!(waits(turn(false)).await && waits(turn(true)).await, "there are two places");
    drop(first);
    assert!(waits(turn(true)).await, "who wants to be alone waits for both");
    drop(second);

    let mut alone = turn(true).await;
    assert!(waits(turn(false)).await);
    assert!(alone.give_way().unwrap());
    let mut next = turn(true).await;
    assert!(!next.give_way().unwrap(), "one at a time is late");
    assert!(waits(turn(false)).await);
    next.share();
    drop(turn(false).await);
    drop(alone);
    assert!(next.give_way().unwrap());
    let both = (turn(false).await, turn(false).await);
    assert!(waits(turn(false)).await);
    let berlin = VcenterId("berlin".into());
    let there = store.login_at(&berlin).await.unwrap();
    assert!(waits(store.login_at(&berlin)).await, "one at a time at each vCenter");
    drop(there);
    let other = CredentialId("other".into());
    store.login_turn(&other, true).await.unwrap();
    drop(both);
}
