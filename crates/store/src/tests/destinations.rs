//! Destinations: named once, kept while a policy delivers to them, and what their credential is.

use super::*;
use crate::DestinationRecord;
use contract::destination::{Address, DestinationSettings};
use contract::policy::Step;
use contract::{DestinationId, PolicyId, Trust, Way};

pub(super) fn webhook(id: &str, name: &str, credential: &CredentialId) -> DestinationRecord {
    let target = Address::Webhook {
        url: "https://example.org/hook".to_owned(),
        credential: credential.clone(),
        trust: Trust::System,
        way: Way::default(),
    };
    let settings = DestinationSettings { name: name.to_owned(), target };
    DestinationRecord { id: DestinationId(id.to_owned()), settings, edition: 1 }
}

#[tokio::test]
async fn a_destination_has_one_name_one_newest_version_and_stays_while_a_policy_names_it() {
    let (_dir, store) = opened().await;
    let (key, other_key) = (credential("key"), credential("other key"));
    store.add_credential(key.clone()).await.unwrap();
    store.add_credential(other_key.clone()).await.unwrap();
    let one = webhook("d", "Ops", &key.id);
    store.add_destination(&one).await.unwrap();
    let twice = store.add_destination(&webhook("e", "ops", &key.id)).await;
    assert!(matches!(twice, Err(Error::NameTaken { .. })), "{twice:?}");

    let in_use = store.remove_credential(&key.id, Time(1)).await.unwrap_err();
    assert!(matches!(&in_use, Error::InUse { vcenters } if *vcenters == ["destination Ops"]), "{in_use:?}");
    store.merge_credential(&key.id, &other_key.id, Time(1)).await.unwrap();
    let now = store.destinations().await.unwrap().remove(0);
    assert_eq!((now.settings.target.credential(), now.edition), (Some(&other_key.id), 2));
    let stale = store.edit_destination(&one).await.unwrap_err();
    assert!(matches!(stale, Error::Stale { made_from: 1, edition: 2, .. }), "{stale:?}");
    store.edit_destination(&now).await.unwrap();
    let folder = Address::Folder { path: "/srv".to_owned(), keep: 1 };
    let mut other = DestinationRecord { edition: 3, ..now.clone() };
    other.settings.target = folder;
    let another = store.edit_destination(&other).await;
    assert!(matches!(another, Err(Error::AnotherKind)), "what policies name stays what it is: {another:?}");

    let mut policy = policies::policy(&PolicyId("p".to_owned()), "tell");
    policy.settings.steps = vec![Step::Send { to: "d".to_owned(), about: contract::destination::About::Run }];
    store.add_policy(&policy).await.unwrap();
    let named = store.remove_destination(&one.id).await.unwrap_err();
    assert!(matches!(&named, Error::Named { policies } if *policies == ["tell"]), "{named:?}");
    store.remove_policy(&policy.id).await.unwrap();
    store.remove_destination(&one.id).await.unwrap();
    assert_eq!(store.destinations().await.unwrap(), []);
    assert!(matches!(store.remove_destination(&one.id).await, Err(Error::NotFound { .. })));
    let late = store.add_policy(&policy).await;
    assert!(matches!(late, Err(Error::NotFound { what: "destination", .. })), "{late:?}");
}

#[tokio::test]
async fn a_credential_that_a_destination_needs_outlives_the_vcenter_that_it_was_made_with() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let made = store.credentials().await.unwrap().remove(0).id;
    store.add_destination(&webhook("d", "Ops", &made)).await.unwrap();
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert_eq!(store.credentials().await.unwrap().iter().filter(|one| one.id == made).count(), 1);
}
