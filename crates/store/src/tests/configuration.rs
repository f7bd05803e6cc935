//! vCenters and credentials.

use super::*;

const AT: (&str, u16) = ("vc", 443);

fn identity(uuid: Option<&str>) -> Identity {
    Identity {
        instance_uuid: uuid.map(str::to_owned),
        host_macs: None,
        product: "VMware vCenter Server".to_owned(),
        version: "8.0.3".to_owned(),
        build: "24022515".to_owned(),
    }
}

#[tokio::test]
async fn a_vcenter_comes_back_as_it_was_added() {
    let (_dir, store) = opened().await;
    let new = NewVcenter { identity: Some(identity(Some("uuid-1"))), ..vcenter("Ber\"lin 🏙") };
    store.add_vcenter(new.clone()).await.unwrap();
    let record = store.vcenter(&new.id).await.unwrap();
    let expected = Vcenter {
        id: new.id,
        name: new.name.clone(),
        host: new.host,
        port: 443,
        credential: new.name.clone(),
        credential_id: CredentialId(format!("credential-{}", new.name)),
        user: "reader@vsphere.local".to_owned(),
        trust: "system".to_owned(),
        pin: None,
        settings: new.settings,
        edition: 1,
        instance_uuid: Some("uuid-1".to_owned()),
        product: Some("VMware vCenter Server".to_owned()),
        version: Some("8.0.3".to_owned()),
        build: Some("24022515".to_owned()),
        certificate_expires_at: None,
        permissions: None,
    };
    let expected = VcenterRecord {
        known_address: (expected.host.clone(), 443),
        vcenter: expected,
        trust: Trust::System,
        contact: None,
        state_since: None,
        host_macs: None,
        failures_reset_at: None,
        certificate_sha256: None,
    };
    assert_eq!(record, expected);
    assert_eq!(store.vcenters().await.unwrap(), vec![record]);
}

#[tokio::test]
async fn every_trust_comes_back_and_replaces_the_one_before() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    for trust in [
        Trust::Ca { pem: "-----BEGIN CERTIFICATE-----\n…".to_owned() },
        Trust::Pin { sha256: "ab".repeat(32) },
        Trust::System,
    ] {
        edit(&store, &id, VcenterEdit { trust: Some(trust.clone()), ..Default::default() }).await.unwrap();
        let record = store.vcenter(&id).await.unwrap();
        assert_eq!(record.vcenter.trust, trust.name());
        assert_eq!(record.vcenter.pin.is_some(), trust.name() == "pin");
        assert_eq!(record.trust, trust);
    }
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_nothing_else() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let before = store.vcenter(&id).await.unwrap();
    edit(&store, &id, VcenterEdit::default()).await.unwrap();
    assert_eq!(store.vcenter(&id).await.unwrap(), before);

    store.add_credential(credential("other")).await.unwrap();
    let changed = VcenterEdit {
        name: Some("BERLIN".to_owned()),
        host: Some("10.0.0.1".to_owned()),
        port: Some(8443),
        credential_id: Some(credential("other").id),
        user: Some("root".to_owned()),
        trust: None,
        settings: Some(settings(&[], 60)),
    };
    let answer = edit(&store, &id, changed).await.unwrap();
    assert_eq!(store.vcenter(&id).await.unwrap(), answer, "it answers with what it is then");
    let after = answer.vcenter;
    let expected = Vcenter {
        name: "BERLIN".to_owned(),
        host: "10.0.0.1".to_owned(),
        port: 8443,
        credential: "other".to_owned(),
        credential_id: credential("other").id,
        user: "root".to_owned(),
        settings: settings(&[], 60),
        edition: 2,
        ..before.vcenter
    };
    assert_eq!(after, expected);
}

#[tokio::test]
async fn of_two_credentials_that_are_merged_one_is_left_with_all_their_vcenters() {
    let (_dir, store) = opened().await;
    let (berlin, rome) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Rome").await);
    store.set_contact(&berlin, VcenterState::NoPassword, Time(5)).await.unwrap();
    store.set_contact(&rome, VcenterState::Online, Time(5)).await.unwrap();
    let (from, into) = (credential("Berlin").id, credential("Rome").id);
    store.set_rejected(&from, sent(Some(&berlin), 7), &rejected(5)).await.unwrap();
    assert_eq!(store.merge_credential(&from, &into, Time(9)).await.unwrap(), std::slice::from_ref(&berlin));
    let moved = store.vcenter(&berlin).await.unwrap();
    assert_eq!(
        (&moved.vcenter.credential_id, moved.vcenter.edition),
        (&into, 2),
        "an edit that is open is told"
    );
    assert_eq!(moved.contact, None, "the other one may have a password");
    let other = store.vcenter(&rome).await.unwrap();
    assert_eq!((other.vcenter.edition, other.contact.is_some()), (1, true));
    let left = store.credentials().await.unwrap();
    assert_eq!(left.iter().map(|one| &one.vcenters).collect::<Vec<_>>(), [&["Berlin", "Rome"]]);
    assert!(
        store.standing(&into).await.unwrap().is_clean(),
        "what was said of the other one is gone with it"
    );
    // Nothing of it is done where one of them is not there.
    assert!(store.merge_credential(&into, &from, Time(9)).await.is_err());
    assert_eq!(store.credentials().await.unwrap(), left);
}

#[tokio::test]
async fn names_are_the_same_without_regard_to_case_in_every_script() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Zürich").await;
    let taken = |result: Result<(), Error>, expected: &str| match result {
        Err(Error::NameTaken { name }) => assert_eq!(name, expected),
        other => panic!("{other:?}"),
    };
    let new = NewVcenter { credential: VcenterCredential::New(credential("c2")), ..vcenter("ZÜRICH") };
    taken(store.add_vcenter(new).await, "ZÜRICH");
    taken(
        store.add_credential(NewCredential { name: "zürich".to_owned(), ..credential("x") }).await,
        "zürich",
    );
    let other = with_vcenter(&store, "Genève").await;
    let rename = VcenterEdit { name: Some("zÜrich".to_owned()), ..Default::default() };
    taken(edit(&store, &other, rename.clone()).await.map(drop), "zÜrich");
    edit(&store, &id, rename).await.unwrap();
    taken(store.edit_credential(&credential("Genève").id, Some("ZÜRICH".into()), None).await, "ZÜRICH");
    let names: Vec<String> = store.vcenters().await.unwrap().into_iter().map(|r| r.vcenter.name).collect();
    assert_eq!(names, ["Genève", "zÜrich"]);
}

#[tokio::test]
async fn a_vcenter_is_configured_once_however_it_is_called() {
    let (_dir, store) = opened().await;
    store
        .add_vcenter(NewVcenter { identity: Some(identity(Some("uuid-1"))), ..vcenter("Berlin") })
        .await
        .unwrap();
    let same = |result: Result<(), Error>| {
        assert!(matches!(&result, Err(Error::SameVcenter { name }) if name == "Berlin"), "{result:?}");
    };
    same(
        store.add_vcenter(NewVcenter { identity: Some(identity(Some("uuid-1"))), ..vcenter("Other") }).await,
    );
    assert_eq!(store.credentials().await.unwrap().len(), 1, "a refused vCenter leaves no credential");
    let other = with_vcenter(&store, "Other").await;
    same(store.identify(&other, identity(Some("uuid-1")), AT).await);
    store.identify(&other, identity(Some("uuid-2")), AT).await.unwrap();
    store.identify(&other, identity(None), AT).await.unwrap();
    assert_eq!(store.vcenter(&other).await.unwrap().vcenter.instance_uuid.as_deref(), Some("uuid-2"));
}

#[tokio::test]
async fn every_contact_state_comes_back() {
    use VcenterState::*;
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    for state in [Online, Offline, LoginRejected, NoPassword, Untrusted, DifferentVcenter] {
        store.set_contact(&id, state, Time(7)).await.unwrap();
        assert_eq!(store.vcenter(&id).await.unwrap().contact, Some(Contact { state, at: Time(7) }));
    }
    store.set_contact(&id, NeverSynced, Time(8)).await.unwrap();
    assert_eq!(store.vcenter(&id).await.unwrap().contact, None);
}

#[tokio::test]
async fn a_vcenter_is_offline_since_the_first_contact_that_failed_and_not_since_the_last() {
    use VcenterState::*;
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    for (state, at, since) in [(Online, 1, 1), (Offline, 2, 2), (Offline, 3, 2), (Online, 4, 4)] {
        store.set_contact(&id, state, Time(at)).await.unwrap();
        let record = store.vcenter(&id).await.unwrap();
        assert_eq!(record.contact, Some(Contact { state, at: Time(at) }));
        assert_eq!(record.state_since, Some(Time(since)), "{state:?} at {at}");
    }
}

#[tokio::test]
async fn a_credential_that_is_used_stays_and_says_by_whom() {
    let (_dir, store) = opened().await;
    store.add_credential(credential("shared")).await.unwrap();
    let shared = credential("shared").id;
    for name in ["Paris", "berlin"] {
        let credential = VcenterCredential::Existing(shared.clone());
        store.add_vcenter(NewVcenter { credential, ..vcenter(name) }).await.unwrap();
    }
    let error = store.remove_credential(&shared, Time(9)).await.unwrap_err();
    assert!(matches!(&error, Error::InUse { vcenters } if *vcenters == ["berlin", "Paris"]), "{error:?}");
    assert_eq!(store.credential(&shared).await.unwrap().vcenters, ["berlin", "Paris"]);
    assert_eq!(store.credentials().await.unwrap()[0].vcenters, ["berlin", "Paris"]);
    for name in ["Paris", "berlin"] {
        store.remove_vcenter(&vcenter(name).id, Time(9)).await.unwrap();
    }
    store.remove_credential(&shared, Time(9)).await.unwrap();
    assert_eq!(store.credentials().await.unwrap(), []);
}

#[tokio::test]
async fn a_rejection_holds_until_it_is_cleared_or_the_user_is_another() {
    let (_dir, store) = opened().await;
    store.add_credential(credential("c")).await.unwrap();
    let id = credential("c").id;
    let rejected = async || store.credential(&id).await.unwrap().rejected_at;
    store.set_rejected(&id, sent(None, 7), &super::rejected(5)).await.unwrap();
    store.edit_credential(&id, Some("d".into()), Some("reader@vsphere.local".into())).await.unwrap();
    assert_eq!(rejected().await, Some(Time(5)));
    store.clear_rejection(&id).await.unwrap();
    assert_eq!(rejected().await, None);
    let again = Sent { edition: 2, ..sent(None, 7) };
    store.set_rejected(&id, again, &super::rejected(6)).await.unwrap();
    store.edit_credential(&id, None, Some("root".into())).await.unwrap();
    assert_eq!(rejected().await, None);
    for place in [CredentialPlace::File, CredentialPlace::None, CredentialPlace::Keychain] {
        store.set_stored(&id, place).await.unwrap();
        assert_eq!(store.credential(&id).await.unwrap().stored, place);
    }
}

#[tokio::test]
async fn what_the_keychain_may_still_have_is_noted_with_what_makes_it_needless() {
    let (dir, store) = opened().await;
    let noted = async || {
        let all = store.erasures().await.unwrap();
        all.into_iter().map(|one| (one.credential_id.0, one.name, one.since.0)).collect::<Vec<_>>()
    };
    let note = |id: &CredentialId, name: &str, since| (id.0.clone(), name.to_owned(), since);
    for name in ["kept", "file", "none"] {
        store.add_credential(credential(name)).await.unwrap();
    }
    let [kept, file, none] = ["kept", "file", "none"].map(|name| credential(name).id);
    store.set_stored(&file, CredentialPlace::File).await.unwrap();
    store.set_stored(&none, CredentialPlace::None).await.unwrap();
    for (id, at) in [(&none, 4), (&file, 5), (&kept, 6)] {
        store.remove_credential(id, Time(at)).await.unwrap();
    }
    let both = [note(&file, "file", 5), note(&kept, "kept", 6)];
    assert_eq!(noted().await, both, "it was never in the keychain of the third");
    store.set_erased(&file).await.unwrap();
    store.set_erased(&file).await.unwrap();
    assert_eq!(noted().await, both[1..]);

    store.add_credential(credential("vault")).await.unwrap();
    let vault = credential("vault").id;
    let helper = ["/usr/bin/pass", "a \"b\""].map(str::to_owned);
    store.set_helper(&vault, Some(&helper), Time(7)).await.unwrap();
    let shown = store.credential(&vault).await.unwrap();
    assert_eq!((shown.stored, shown.helper.as_deref()), (CredentialPlace::Helper, Some(&helper[..])));
    store.set_helper(&vault, Some(&helper), Time(8)).await.unwrap();
    assert_eq!(noted().await, [both[1].clone(), note(&vault, "vault", 7)]);
    store.set_helper(&vault, None, Time(9)).await.unwrap();
    let stored = async || store.credential(&vault).await.unwrap().stored;
    assert_eq!((stored().await, noted().await.len()), (CredentialPlace::None, 2), "it is still to be erased");
    assert!(store.may_be_stored(&vault).await.unwrap(), "what was to be erased may be there still");
    assert_eq!(
        (stored().await, noted().await.len()),
        (CredentialPlace::Keychain, 1),
        "it may still be there"
    );
    store.set_stored(&vault, CredentialPlace::None).await.unwrap();
    assert!(!store.may_be_stored(&vault).await.unwrap());
    assert_eq!(stored().await, CredentialPlace::Keychain, "whoever is killed now may have stored it");
    assert!(store.may_be_stored(&CredentialId("gone".into())).await.is_err());

    let mut connection = raw(dir.path()).await;
    for damaged in ["[]", "pass", "[1]"] {
        let sql = format!("UPDATE credentials SET helper = '{damaged}' WHERE id = '{vault}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        assert!(store.credential(&vault).await.is_err(), "no other password stands in for it: {damaged}");
        assert_eq!(store.credential_ids().await.unwrap(), std::slice::from_ref(&vault));
    }
    engine::disconnect(connection).await;
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not_there() {
    let (_dir, store) = opened().await;
    let missing =
        |result: Result<(), Error>| assert!(matches!(result, Err(Error::NotFound { .. })), "{result:?}");
    let vcenter_id = VcenterId("nobody".to_owned());
    missing(store.vcenter(&vcenter_id).await.map(drop));
    missing(store.edit_vcenter(&vcenter_id, 1, VcenterEdit::default()).await.map(drop));
    missing(store.vouch_for(&vcenter_id, ("a", 1)).await);
    missing(store.identify(&vcenter_id, identity(None), ("vc", 443)).await);
    missing(store.set_contact(&vcenter_id, VcenterState::Online, Time(1)).await);
    missing(store.remove_vcenter(&vcenter_id, Time(9)).await.map(drop));
    let credential_id = CredentialId("nobody".to_owned());
    missing(store.credential(&credential_id).await.map(drop));
    missing(store.edit_credential(&credential_id, None, None).await);
    missing(store.set_rejected(&credential_id, sent(None, 7), &rejected(1)).await.map(drop));
    missing(store.standing(&credential_id).await.map(drop));
    missing(store.set_accepted(&credential_id, sent(None, 7), Time(1), true).await.map(drop));
    missing(store.clear_rejection(&credential_id).await);
    missing(store.set_helper(&credential_id, None, Time(1)).await);
    missing(store.remove_credential(&credential_id, Time(9)).await);
    let credential = VcenterCredential::Existing(credential_id);
    missing(store.add_vcenter(NewVcenter { credential, ..vcenter("Berlin") }).await);
    missing(store.submit(operation("op", &vcenter_id, OperationKind::Test)).await.map(drop));
    missing(store.operation("op").await.map(drop));
    missing(store.operation("").await.map(drop));
}

#[tokio::test]
async fn a_removed_vcenter_takes_everything_with_it() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let hosts = vec![object(Kind::Hosts, "host-1", "a")];
    publish(&store, &id, "op-1", &pass(hosts.clone(), &[Kind::Hosts], 5_000)).await;
    let claim = claimed(&store, &id, "op-2").await;
    store.stage(&claim, &pass(vec![], &[Kind::Hosts], 6_000), &go_on).await.unwrap();

    let error = store.remove_vcenter(&id, Time(9)).await.unwrap_err();
    assert!(matches!(&error, Error::Running { operation } if operation.as_str() == "op-2"), "{error:?}");
    store.finish(&claim, finish(7_000)).await.unwrap();
    store.remove_vcenter(&id, Time(9)).await.unwrap();
    for left in [
        "SELECT COUNT(*) FROM vcenters",
        "SELECT COUNT(*) FROM objects",
        "SELECT COUNT(*) FROM coverage",
        "SELECT COUNT(*) FROM staged",
        "SELECT COUNT(*) FROM operations",
    ] {
        assert_eq!(number(dir.path(), left).await, 0, "{left}");
    }
    assert_eq!(store.credentials().await.unwrap(), []);
}

/// An ESXi host with these network cards.
fn host(uuid: &str, macs: &[&str]) -> Identity {
    Identity { host_macs: Some(macs.iter().map(|mac| (*mac).to_owned()).collect()), ..identity(Some(uuid)) }
}

#[tokio::test]
async fn two_hosts_with_one_hardware_id_are_the_same_only_if_a_network_card_is() {
    const COPIED: &str = "03000200-0400-0500-0006-000700080009";
    const OWN: &str = "4c4c4544-004a-4210-8052-b4c04f303432";
    for (first, second, is_same) in [
        (host(OWN, &["aa:01", "aa:02"]), host(OWN, &["aa:02"]), true),
        (host(OWN, &["aa:01"]), host(OWN, &["bb:01"]), false),
        (host(OWN, &[]), host(OWN, &[]), false),
        (host(COPIED, &["aa:01"]), host(COPIED, &["aa:01"]), false),
        (host(&"0".repeat(36), &["aa:01"]), host(&"0".repeat(36), &["aa:01"]), false),
        (
            host("ffffffff-ffff-ffff-ffff-ffffffffffff", &["aa:01"]),
            host("ffffffff-ffff-ffff-ffff-ffffffffffff", &["aa:01"]),
            false,
        ),
        (host("Default string", &["aa:01"]), host("Default string", &["aa:01"]), false),
        (host(OWN, &["aa:01"]), identity(Some(OWN)), false),
        (identity(Some(OWN)), identity(Some(OWN)), true),
    ] {
        let (_dir, store) = opened().await;
        let berlin = NewVcenter { identity: Some(first.clone()), ..vcenter("Berlin") };
        store.add_vcenter(berlin).await.unwrap();
        let expected = is_same.then(|| "Berlin".to_owned());
        assert_eq!(store.same_as(&second).await.unwrap(), expected, "{first:?} {second:?}");
        let paris = NewVcenter { identity: Some(second.clone()), ..vcenter("Paris") };
        let added = store.add_vcenter(paris).await;
        assert_eq!(matches!(added, Err(Error::SameVcenter { .. })), is_same, "{first:?} {second:?}");
        // Whoever is configured stays itself, whoever else has its id by now.
        store.identify(&vcenter("Berlin").id, first, AT).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_known_of_a_host_stays_where_it_tells_nothing() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let macs = async || store.vcenter(&id).await.unwrap().host_macs;
    assert_eq!(macs().await, None);
    store.identify(&id, host("uuid-1", &["aa:01"]), AT).await.unwrap();
    let known = Some(vec!["aa:01".to_owned()]);
    assert_eq!(macs().await, known);
    store.identify(&id, host("uuid-1", &[]), AT).await.unwrap();
    store.identify(&id, identity(None), AT).await.unwrap();
    assert_eq!(macs().await, known);
    store.identify(&id, host("uuid-1", &["bb:01"]), AT).await.unwrap();
    assert_eq!(macs().await, Some(vec!["bb:01".to_owned()]));
}

#[tokio::test]
async fn an_address_is_known_when_its_server_showed_who_it_is_or_a_person_vouched_for_it() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let moved = async || store.vcenter(&id).await.unwrap().is_moved();
    assert!(!moved().await, "it was logged in to before it was added");
    let to = |host: &str| VcenterEdit { host: Some(host.to_owned()), ..Default::default() };
    edit(&store, &id, to("elsewhere")).await.unwrap();
    assert!(moved().await);
    edit(&store, &id, VcenterEdit { settings: Some(settings(&[], 1)), ..Default::default() }).await.unwrap();
    assert!(moved().await, "nothing was said about the address");
    edit(&store, &id, to("berlin.example.org")).await.unwrap();
    assert!(!moved().await, "it is back where it was known");
    edit(&store, &id, VcenterEdit { port: Some(8443), ..Default::default() }).await.unwrap();
    assert!(moved().await, "another port may be another server");
    store.identify(&id, identity(Some("uuid-1")), ("berlin.example.org", 443)).await.unwrap();
    assert!(moved().await, "a login that was under way was at the address before");
    store.identify(&id, identity(Some("uuid-1")), ("berlin.example.org", 8443)).await.unwrap();
    assert!(!moved().await);
    edit(&store, &id, to("third")).await.unwrap();
    store.vouch_for(&id, ("second", 8443)).await.unwrap();
    assert!(moved().await, "the password was given for another address");
    store.vouch_for(&id, ("third", 8443)).await.unwrap();
    assert!(!moved().await);
}

#[tokio::test]
async fn a_rejection_keeps_its_reason_and_sixteen_bits_and_leaves_nothing_when_it_is_lifted() {
    let (dir, store) = opened().await;
    store.add_credential(credential("c")).await.unwrap();
    let id = credential("c").id;
    assert_eq!(store.standing(&id).await.unwrap(), Standing { edition: 1, ..Standing::default() });
    for because in [
        Rejection::InvalidLogin,
        Rejection::PasswordExpired,
        Rejection::AccountDisabled,
        Rejection::AccountLocked,
        Rejection::Refused,
    ] {
        let noted = Rejected {
            because,
            message: Some("in words".into()),
            fingerprint: Some(u16::MAX).filter(|_| because != Rejection::AccountLocked),
            is_typed: true,
            ..rejected(5)
        };
        store.set_rejected(&id, sent(None, u16::MAX), &noted).await.unwrap();
        let known = store.standing(&id).await.unwrap();
        assert_eq!(
            (known.last, known.fingerprints),
            (Some(noted), vec![u16::MAX]),
            "what was rejected is known while it is locked"
        );
        let shown = store.credential(&id).await.unwrap();
        assert_eq!((shown.rejected_at, shown.rejected_because), (Some(Time(5)), Some(because)));
        assert_eq!(shown.rejected_message.as_deref(), Some("in words"));
    }
    const LEFT: &str = "SELECT COUNT(*) FROM credentials WHERE rejected_at IS NOT NULL OR rejected_because IS NOT NULL \
                        OR rejected_message IS NOT NULL OR rejected_fingerprints <> '[]' OR rejected_typed <> 0 \
                        OR rejected_by IS NOT NULL OR proven IS NOT NULL OR doubted_by IS NOT NULL";
    store.clear_rejection(&id).await.unwrap();
    assert_eq!(number(dir.path(), LEFT).await, 0);
    store.set_rejected(&id, Sent { edition: 2, ..sent(None, 7) }, &rejected(6)).await.unwrap();
    store.edit_credential(&id, None, Some("another".into())).await.unwrap();
    assert_eq!(number(dir.path(), LEFT).await, 0);
}

#[tokio::test]
async fn the_last_eight_rejected_passwords_are_known_until_each_itself_worked() {
    let (_dir, store) = opened().await;
    store.add_credential(credential("c")).await.unwrap();
    let id = credential("c").id;
    for fingerprint in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 3] {
        let noted = Rejected { fingerprint: Some(fingerprint), ..rejected(5) };
        store.set_rejected(&id, sent(None, fingerprint), &noted).await.unwrap();
    }
    let known = async || store.standing(&id).await.unwrap();
    assert_eq!(known().await.fingerprints, [2, 4, 5, 6, 7, 8, 9, 3]);
    store.set_accepted(&id, sent(None, 4), Time(6), false).await.unwrap();
    assert_eq!(known().await.last.unwrap().fingerprint, Some(3));
    store.set_accepted(&id, sent(None, 77), Time(7), true).await.unwrap();
    let left = vec![2, 5, 6, 7, 8, 9, 3];
    assert_eq!(
        (known().await.last, known().await.fingerprints),
        (None, left),
        "another one that worked says nothing about them"
    );
    assert_eq!(store.credential(&id).await.unwrap().rejected_at, None);
    store.edit_credential(&id, None, Some("another".into())).await.unwrap();
    assert_eq!(known().await, Standing { edition: 2, ..Standing::default() });
}

#[tokio::test]
async fn the_key_for_rejected_passwords_is_made_up_once_and_is_each_databases_own() {
    let (dir, store) = opened().await;
    let key = store.rejection_key().await.unwrap();
    assert_eq!((key.len(), store.rejection_key().await.unwrap()), (64, key.clone()));
    let again = Store::open(dir.path()).await.unwrap();
    assert_eq!(again.rejection_key().await.unwrap(), key);
    let (_dir, other) = opened().await;
    assert_ne!(other.rejection_key().await.unwrap(), key);
}

#[tokio::test]
async fn a_credential_goes_with_the_vcenter_it_was_made_with_whatever_the_two_are_called() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let paris = with_vcenter(&store, "Paris").await;
    let name = |name: &str| VcenterEdit { name: Some(name.to_owned()), ..Default::default() };
    edit(&store, &berlin, name("Bonn")).await.unwrap();
    edit(&store, &paris, name("Berlin")).await.unwrap();
    // Berlin logs in with Paris' credential now: it stays.
    let change = VcenterEdit { credential_id: Some(credential("Paris").id), ..Default::default() };
    edit(&store, &berlin, change).await.unwrap();
    let went = async |id: &VcenterId| {
        let removed = store.remove_vcenter(id, Time(9)).await.unwrap();
        removed.credential.map(|credential| credential.id)
    };
    assert_eq!(went(&paris).await, None, "another one uses it");
    assert_eq!(went(&berlin).await, Some(credential("Berlin").id), "not the one that has its name");
    let left: Vec<_> = store.credentials().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(left, ["Paris"]);
    store.add_credential(credential("Rome")).await.unwrap();
    let rome =
        NewVcenter { credential: VcenterCredential::Existing(credential("Rome").id), ..vcenter("Rome") };
    store.add_vcenter(rome).await.unwrap();
    assert_eq!(went(&vcenter("Rome").id).await, None, "it was there before the vCenter");
}

#[tokio::test]
async fn certificate_and_permissions_are_kept_until_an_edit_makes_them_those_of_another() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let role =
        contract::HeldRole { role: "Read-only".to_owned(), reads: true, containers: 3, named: Vec::new() };
    let permissions =
        contract::Permissions { root: Some("Read-only".to_owned()), roles: vec![role], ..Default::default() };
    let fill = async || {
        store.note_certificate(&id, "ab", Time(7_000)).await.unwrap();
        store.set_permissions(&id, &permissions).await.unwrap();
        let record = store.vcenter(&id).await.unwrap();
        assert_eq!(record.certificate_sha256.as_deref(), Some("ab"));
        assert_eq!(record.vcenter.certificate_expires_at, Some(Time(7_000)));
        assert_eq!(record.vcenter.permissions.as_ref(), Some(&permissions));
    };
    let after = async |change: VcenterEdit| {
        let vcenter = edit(&store, &id, change).await.unwrap().vcenter;
        (vcenter.certificate_expires_at.is_some(), vcenter.permissions.is_some())
    };
    fill().await;
    let pin = Trust::Pin { sha256: "ab".repeat(32) };
    assert_eq!(after(VcenterEdit { trust: Some(pin), ..Default::default() }).await, (true, true));
    let user = VcenterEdit { user: Some("reader".to_owned()), ..Default::default() };
    assert_eq!(after(user).await, (true, false), "another account");
    fill().await;
    let port = VcenterEdit { port: Some(8443), ..Default::default() };
    assert_eq!(after(port).await, (false, false), "another server");
}
