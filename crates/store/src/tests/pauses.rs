//! Pauses, and which vCenters can be reached, as they are stored.

use super::*;

fn of(name: &str) -> Group {
    Group::Vcenter(VcenterId(format!("vcenter-{name}")))
}

fn paused(of: Group, until: Option<i64>) -> Paused {
    Paused { of, since: Time(10), until: until.map(Time) }
}

#[tokio::test]
async fn a_pause_takes_the_place_of_the_one_before_and_goes_with_its_vcenter() {
    let (_dir, store) = opened().await;
    store.add_vcenter(vcenter("Berlin")).await.unwrap();
    let unknown = store.pause(&paused(of("Paris"), None)).await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
    store.pause(&paused(of("Berlin"), None)).await.unwrap();
    store.pause(&paused(of("Berlin"), Some(50))).await.unwrap();
    let tag = paused(Group::Tag("prod".to_owned()), Some(60));
    store.pause(&tag).await.unwrap();
    let everything = paused(Group::All, Some(70));
    store.pause(&paused(Group::All, None)).await.unwrap();
    store.pause(&everything).await.unwrap();
    let all = store.pauses().await.unwrap();
    assert_eq!(all, [everything.clone(), tag.clone(), paused(of("Berlin"), Some(50))]);
    assert!(store.end_pause(&Group::All).await.unwrap(), "and nothing else");
    assert_eq!(store.pauses().await.unwrap().len(), 2);

    assert!(!store.end_pauses(Time(49)).await.unwrap());
    assert!(store.end_pauses(Time(50)).await.unwrap());
    assert_eq!(store.pauses().await.unwrap(), std::slice::from_ref(&tag));
    assert!(store.end_pause(&tag.of).await.unwrap());
    assert!(!store.end_pause(&tag.of).await.unwrap());

    // One that is made longer goes on; one after its end is another one.
    store.pause(&paused(Group::All, Some(30))).await.unwrap();
    store.pause(&Paused { since: Time(20), ..paused(Group::All, Some(40)) }).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), [paused(Group::All, Some(40))]);
    let later = Paused { since: Time(40), ..paused(Group::All, None) };
    store.pause(&later).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), [later]);
    assert!(store.end_pause(&Group::All).await.unwrap());

    store.pause(&paused(of("Berlin"), None)).await.unwrap();
    store.remove_vcenter(&VcenterId("vcenter-Berlin".to_owned()), Time(9)).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), []);
}

#[tokio::test]
async fn that_a_vcenter_leads_nowhere_is_noted_only_as_far_as_nobody_contacted_it_since() {
    let (_dir, store) = opened().await;
    for name in ["Berlin", "Paris", "Tokyo"] {
        store.add_vcenter(vcenter(name)).await.unwrap();
    }
    let id = |name: &str| VcenterId(format!("vcenter-{name}"));
    store.set_contact(&id("Berlin"), VcenterState::Online, Time(100)).await.unwrap();
    store.set_contact(&id("Paris"), VcenterState::Online, Time(100)).await.unwrap();
    let seen = [(id("Berlin"), Some(Time(100))), (id("Paris"), Some(Time(100))), (id("Tokyo"), None)];
    // While it was looked, somebody reached one of them.
    store.set_contact(&id("Paris"), VcenterState::Online, Time(110)).await.unwrap();
    assert!(store.note_reach(&seen, VcenterState::Offline, Time(120)).await.unwrap());
    let mut states = Vec::new();
    for record in store.vcenters().await.unwrap() {
        states.push((record.vcenter.name, record.contact.map(|contact| (contact.state, contact.at.0))));
    }
    let away = Some((VcenterState::Offline, 120));
    let wanted = [("Berlin", away), ("Paris", Some((VcenterState::Online, 110))), ("Tokyo", away)];
    assert_eq!(states, wanted.map(|(name, contact)| (name.to_owned(), contact)));

    let back = [(id("Berlin"), Some(Time(120)))];
    assert!(store.note_reach(&back, VcenterState::NeverSynced, Time(130)).await.unwrap());
    assert_eq!(store.vcenter(&id("Berlin")).await.unwrap().contact, None, "nobody knows");
    assert!(!store.note_reach(&back, VcenterState::Offline, Time(140)).await.unwrap(), "it was seen before");
}
