//! Edits of one vCenter by several people: none is lost, and none is written over unseen.

use super::*;
use proptest::prelude::*;

fn tagged(v: &Vcenter, tag: String) -> VcenterEdit {
    let mut settings = v.settings.clone();
    settings.tags.push(tag);
    VcenterEdit { settings: Some(settings), ..VcenterEdit::default() }
}

#[tokio::test]
async fn an_edit_made_from_an_older_version_is_refused_whatever_it_changes_and_writes_nothing() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let first = store.vcenter(&id).await.unwrap().vcenter;
    let second = store.edit_vcenter(&id, first.edition, tagged(&first, "one".into())).await.unwrap();
    assert_eq!(second.vcenter.edition, first.edition + 1);
    let port = VcenterEdit { port: Some(1), ..VcenterEdit::default() };
    for stale in [tagged(&first, "two".into()), port, VcenterEdit::default()] {
        for made_from in [first.edition, second.vcenter.edition + 1] {
            let refused = store.edit_vcenter(&id, made_from, stale.clone()).await.unwrap_err();
            let Error::Stale { made_from: from, edition, .. } = refused else { panic!("{refused:?}") };
            assert_eq!((from, edition), (made_from, second.vcenter.edition));
        }
    }
    assert_eq!(store.vcenter(&id).await.unwrap(), second);
}

#[tokio::test]
async fn what_changes_nothing_raises_nothing() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let before = store.vcenter(&id).await.unwrap();
    let changes = number(dir.path(), "SELECT MAX(seq) FROM changes").await;
    let v = &before.vcenter;
    let same = VcenterEdit {
        name: Some(v.name.clone()),
        host: Some(v.host.clone()),
        port: Some(v.port),
        credential_id: Some(v.credential_id.clone()),
        user: Some(v.user.clone()),
        trust: Some(before.trust.clone()),
        settings: Some(v.settings.clone()),
    };
    for edit in [same, VcenterEdit::default()] {
        assert_eq!(store.edit_vcenter(&id, v.edition, edit).await.unwrap(), before);
    }
    assert_eq!(number(dir.path(), "SELECT MAX(seq) FROM changes").await, changes, "nobody is woken for it");
}

#[tokio::test]
async fn a_user_that_is_changed_for_all_who_share_it_is_a_change_of_each() {
    let (_dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let credential = VcenterCredential::Existing(credential("Berlin").id);
    store.add_vcenter(NewVcenter { credential, ..vcenter("Bonn") }).await.unwrap();
    let bonn = vcenter("Bonn").id;
    let editions = async || {
        let edition = async |id: &VcenterId| store.vcenter(id).await.unwrap().vcenter.edition;
        (edition(&berlin).await, edition(&bonn).await)
    };
    assert_eq!(editions().await, (1, 1));
    edit(&store, &berlin, VcenterEdit { user: Some("root".into()), ..Default::default() }).await.unwrap();
    assert_eq!(editions().await, (2, 2));
    let shared = store.vcenter(&bonn).await.unwrap().vcenter.credential_id;
    store.edit_credential(&shared, None, Some("reader".into())).await.unwrap();
    assert_eq!(editions().await, (3, 3));
    store.edit_credential(&shared, None, Some("reader".into())).await.unwrap();
    assert_eq!(editions().await, (3, 3), "it is the user that it was");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Each editor reads, thinks for a while, and adds a tag of its own to what it read; who is refused gives up.
    #[test]
    fn of_editors_in_several_processes_each_is_told_or_heard(thinking in prop::collection::vec(0_u64..4, 6)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (heard, told, left) = runtime.block_on(async {
            let (dir, store) = opened().await;
            let id = with_vcenter(&store, "Berlin").await;
            let mut editors = tokio::task::JoinSet::new();
            for (number, millis) in thinking.into_iter().enumerate() {
                let (path, id) = (dir.path().to_owned(), id.clone());
                editors.spawn(async move {
                    let own = Store::open(&path).await.unwrap();
                    let mut tags = (Vec::new(), 0);
                    for round in 0..3 {
                        let v = own.vcenter(&id).await.unwrap().vcenter;
                        tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
                        let tag = format!("{number}-{round}");
                        match own.edit_vcenter(&id, v.edition, tagged(&v, tag.clone())).await {
                            Ok(_) => tags.0.push(tag),
                            Err(Error::Stale { .. }) => tags.1 += 1,
                            Err(error) => panic!("{error}"),
                        }
                    }
                    own.close().await;
                    tags
                });
            }
            let (mut heard, mut told) = (Vec::new(), 0);
            for (tags, refused) in editors.join_all().await {
                heard.extend(tags);
                told += refused;
            }
            let left = store.vcenter(&id).await.unwrap().vcenter;
            store.close().await;
            (heard, told, left)
        });
        println!("{} edits were heard, {told} told", heard.len());
        prop_assert_eq!(heard.len() + told, 18);
        prop_assert_eq!(left.edition, 1 + i64::try_from(heard.len()).unwrap());
        let mut expected = heard;
        expected.extend(["eu".to_owned(), "prod".to_owned()]);
        expected.sort();
        let mut tags = left.settings.tags;
        tags.sort();
        prop_assert_eq!(tags, expected, "an edit that was answered with success is gone");
    }
}
