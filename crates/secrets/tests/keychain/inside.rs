//! What runs on a bus made for it. Started by `main.rs`; refuses to run on anybody's own session bus.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use secret_service::{EncryptionType, SecretService};
use secrets::{
    CredentialKey, Error, ExposeSecret, KeychainState, Options, Place, SecretString, Secrets, Unlock,
};
use tokio::time::Instant;

use crate::fake::{Hung, Prompter, Service, Wish};
use crate::other::Other;

fn secrets(database_id: &str) -> Secrets {
    assert!(std::env::var_os("MUSTER_TEST_KEYRING").is_some(), "only started by the tests beside it");
    Secrets::new(Options { database_id: database_id.into(), credentials_dir: None, keychain: true })
}

fn lab() -> CredentialKey {
    CredentialKey { id: "c-1".into(), name: "lab".into(), helper: None }
}

fn password(found: Option<(SecretString, Place)>) -> Option<(String, Place)> {
    found.map(|(password, place)| (password.expose_secret().to_owned(), place))
}

/// The threads of this process that talk to a keychain.
fn keychain_threads() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.filter(|name| name.trim() == "keychain").count()
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn round_trip() {
    let secrets = secrets("db-1");
    assert_eq!(secrets.state().await, KeychainState::Ready);
    assert!(secrets.find(&lab(), Unlock::Never).await.unwrap().is_none());
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), None);

    for text in ["first", "p\u{e4}ss \"w\u{f6}rd\" \u{1f511} "] {
        let place = secrets.store(&lab(), &text.into(), Unlock::Never).await.unwrap();
        assert_eq!(place, Place::Keychain);
        let found = self::secrets("db-1").find(&lab(), Unlock::Never).await.unwrap();
        assert_eq!(password(found), Some((text.to_owned(), Place::Keychain)));
    }
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), Some(Place::Keychain));
    let longest = "x".repeat(secrets::LONGEST_PASSWORD);
    secrets.store(&lab(), &longest.as_str().into(), Unlock::Never).await.unwrap();
    let found = secrets.find(&lab(), Unlock::Never).await.unwrap();
    assert_eq!(password(found), Some((longest, Place::Keychain)));

    // One entry, however often it was stored, and readable for people.
    let service = SecretService::connect(EncryptionType::Plain).await.unwrap();
    let items = service.get_default_collection().await.unwrap().get_all_items().await.unwrap().len();
    assert_eq!(items, 1);
    let query = [("service", "muster"), ("username", "db-1/c-1")].into();
    let labels = service.search_items(query).await.unwrap().unlocked;
    assert_eq!(labels[0].get_label().await.unwrap(), "Muster: lab");

    // Another database has its own entry of the same credential.
    let other = self::secrets("db-2");
    assert!(other.find(&lab(), Unlock::Never).await.unwrap().is_none());
    other.store(&lab(), &"other".into(), Unlock::Never).await.unwrap();
    assert!(secrets.forget(&lab(), Unlock::Never).await.unwrap());
    assert!(secrets.forget(&lab(), Unlock::Never).await.unwrap(), "it is not there, as the keychain says");
    assert!(secrets.find(&lab(), Unlock::Never).await.unwrap().is_none());
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), None);
    let kept = other.find(&lab(), Unlock::Never).await.unwrap();
    assert_eq!(password(kept), Some(("other".to_owned(), Place::Keychain)));

    // Storing ends what was held before, which would otherwise win.
    secrets.hold(&lab(), "held".into());
    secrets.store(&lab(), &"stored".into(), Unlock::Never).await.unwrap();
    let found = secrets.find(&lab(), Unlock::Never).await.unwrap();
    assert_eq!(password(found), Some(("stored".to_owned(), Place::Keychain)));
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn locked() {
    let mut prompter = Prompter::start().await;
    let secrets = secrets("db-1");
    secrets.store(&lab(), &"s3cret".into(), Unlock::Never).await.unwrap();
    let service = SecretService::connect(EncryptionType::Plain).await.unwrap();
    service.get_default_collection().await.unwrap().lock().await.unwrap();

    let before = Instant::now();
    assert_eq!(secrets.state().await, KeychainState::Locked);
    assert!(matches!(secrets.find(&lab(), Unlock::Never).await, Err(Error::KeychainLocked)));
    let stored = secrets.store(&lab(), &"new".into(), Unlock::Never).await;
    assert!(matches!(stored, Err(Error::KeychainLocked)));
    assert!(matches!(secrets.forget(&lab(), Unlock::Never).await, Err(Error::KeychainLocked)));
    // GNOME Keyring shows what it holds, not the passwords.
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), Some(Place::Keychain));
    let unknown = CredentialKey { id: "c-2".into(), name: "other".into(), helper: None };
    assert!(matches!(secrets.is_stored(&unknown).await, Err(Error::KeychainLocked)));
    assert!(before.elapsed() < Duration::from_secs(3));
    assert_eq!(prompter.prompts(), 0);

    // What a user gave for this session serves all the same.
    secrets.hold(&lab(), "typed".into());
    let found = secrets.find(&lab(), Unlock::Never).await.unwrap();
    assert_eq!(password(found), Some(("typed".to_owned(), Place::Memory)));

    // The same question with a user behind it does prompt.
    tokio::select! {
        outcome = secrets.find(&unknown, Unlock::Ask) => panic!("answered without the user: {outcome:?}"),
        () = prompter.prompted() => {}
    }
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn moved() {
    let mut prompter = Prompter::start().await;
    let secrets = secrets("db-1");
    let other = Other::create("other").await;
    let found = async || secrets.find(&lab(), Unlock::Never).await.map(password);
    let kept = |text: &str| Some((text.to_owned(), Place::Keychain));
    secrets.store(&lab(), &"first".into(), Unlock::Never).await.unwrap();
    other.take_over("db-1/c-1", "first").await;
    assert_eq!(found().await.unwrap(), kept("first"));
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), Some(Place::Keychain));
    secrets.store(&lab(), &"second".into(), Unlock::Never).await.unwrap();
    assert_eq!(found().await.unwrap(), kept("second"));
    assert_eq!((other.entries().await, entries_of_default().await), (1, 0), "it stays where it was moved to");

    // An open default collection says nothing of the one where it lies.
    other.lock().await;
    assert!(matches!(found().await, Err(Error::KeychainLocked)));
    assert!(matches!(secrets.forget(&lab(), Unlock::Never).await, Err(Error::KeychainLocked)));
    let stored = secrets.store(&lab(), &"third".into(), Unlock::Never).await;
    assert!(matches!(stored, Err(Error::KeychainLocked)), "there would be two");
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), Some(Place::Keychain));
    let unknown = CredentialKey { id: "c-2".into(), name: "other".into(), helper: None };
    secrets.store(&unknown, &"own".into(), Unlock::Never).await.unwrap();
    let own = secrets.find(&unknown, Unlock::Never).await.unwrap();
    assert_eq!(password(own), kept("own"), "what lies elsewhere is not locked with it");
    assert_eq!(prompter.prompts(), 0);
    let lab = lab();
    tokio::select! {
        outcome = secrets.find(&lab, Unlock::Ask) => panic!("answered without the user: {outcome:?}"),
        () = prompter.prompted() => {}
    }

    other.unlock().await;
    assert_eq!(found().await.unwrap(), kept("second"));
    let service = SecretService::connect(EncryptionType::Plain).await.unwrap();
    service.get_default_collection().await.unwrap().lock().await.unwrap();
    assert_eq!(found().await.unwrap(), kept("second"), "nor with the default collection");
    assert!(secrets.forget(&lab, Unlock::Never).await.unwrap());
    assert_eq!(other.entries().await, 0);
    assert!(matches!(found().await, Err(Error::KeychainLocked)), "there may be one in what is locked");
}

async fn entries_of_default() -> usize {
    let service = SecretService::connect(EncryptionType::Plain).await.unwrap();
    let query = [("service", "muster")].into();
    service.get_default_collection().await.unwrap().search_items(query).await.unwrap().len()
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn listed() {
    let secrets = secrets("db-1");
    assert_eq!(secrets.stored(Unlock::Never).await.unwrap(), []);
    let second = CredentialKey { id: "c-2".into(), name: "second".into(), helper: None };
    for key in [&lab(), &second] {
        secrets.store(key, &"s3cret".into(), Unlock::Never).await.unwrap();
    }
    self::secrets("db-10").store(&lab(), &"other".into(), Unlock::Never).await.unwrap();
    let other = Other::create("other").await;
    other.take_over("db-1/c-2", "s3cret").await;
    let listed = async || {
        let mut listed = secrets.stored(Unlock::Never).await?;
        listed.sort_by(|one, other| one.credential_id.cmp(&other.credential_id));
        Ok::<_, Error>(listed.into_iter().map(|one| (one.credential_id, one.label)).collect::<Vec<_>>())
    };
    let entry = |id: &str, label: &str| (id.to_owned(), label.to_owned());
    let both = [entry("c-1", "Muster: lab"), entry("c-2", "moved")];
    assert_eq!(listed().await.unwrap(), both, "those of this database alone, wherever they lie");
    other.lock().await;
    assert!(matches!(listed().await, Err(Error::KeychainLocked)), "one of them may be in there");
    other.unlock().await;
    assert_eq!(listed().await.unwrap(), both);
    secrets.erase("c-1", Unlock::Never).await.unwrap();
    assert_eq!(listed().await.unwrap(), both[1..]);
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn absent() {
    let secrets = secrets("db-1");
    assert!(matches!(secrets.state().await, KeychainState::Absent { reason } if !reason.is_empty()));
    assert!(secrets.find(&lab(), Unlock::Ask).await.unwrap().is_none());
    let place = secrets.store(&lab(), &"s3cret".into(), Unlock::Ask).await.unwrap();
    assert_eq!(place, Place::Memory);
    let found = secrets.find(&lab(), Unlock::Never).await.unwrap();
    assert_eq!(password(found), Some(("s3cret".to_owned(), Place::Memory)));
    assert_eq!(secrets.is_stored(&lab()).await.unwrap(), None);
    assert!(!secrets.forget(&lab(), Unlock::Ask).await.unwrap());
    assert_eq!(secrets.stored(Unlock::Ask).await.unwrap(), []);
    assert!(secrets.find(&lab(), Unlock::Never).await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn no_collection() {
    let _service = Service::start(Wish::NoCollection).await;
    absent_but_answering().await;
}

async fn absent_but_answering() {
    let secrets = secrets("db-1");
    let reason = "it has no default collection".to_owned();
    assert_eq!(secrets.state().await, KeychainState::Absent { reason });
    let place = secrets.store(&lab(), &"s3cret".into(), Unlock::Ask).await.unwrap();
    assert_eq!(place, Place::Memory);
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn hung() {
    let hung = Hung::start().await;
    let secrets = secrets("db-1");
    let before = Instant::now();
    let lab = lab();
    let (found, asked, state) =
        tokio::join!(secrets.find(&lab, Unlock::Never), secrets.find(&lab, Unlock::Ask), secrets.state(),);
    assert!(matches!(found, Err(Error::KeychainTimedOut)), "{found:?}");
    assert!(matches!(asked, Err(Error::KeychainTimedOut)), "{asked:?}");
    assert_eq!(state, KeychainState::TimedOut);
    let elapsed = before.elapsed();
    assert!(elapsed >= Duration::from_secs(3) && elapsed < Duration::from_secs(4), "{elapsed:?}");

    hung.stop().await;
    let _service = Service::start(Wish::Unlocked).await;
    assert_eq!(secrets.state().await, KeychainState::Ready);
    assert!(secrets.find(&lab, Unlock::Never).await.unwrap().is_none());
    assert_eq!(keychain_threads(), 1);
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn declined() {
    let service = Service::start(Wish::Decline).await;
    let secrets = secrets("db-1");
    assert!(matches!(secrets.find(&lab(), Unlock::Never).await, Err(Error::KeychainLocked)));
    assert_eq!(service.prompts(), 0);
    assert!(matches!(secrets.find(&lab(), Unlock::Ask).await, Err(Error::KeychainLocked)));
    assert_eq!(service.prompts(), 1);
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn unlocked() {
    let service = Service::start(Wish::Unlock).await;
    let secrets = secrets("db-1");
    let lab = lab();
    let (one, other) = tokio::join!(secrets.find(&lab, Unlock::Ask), secrets.find(&lab, Unlock::Ask));
    assert!(one.unwrap().is_none());
    assert!(other.unwrap().is_none());
    assert_eq!(service.prompts(), 1);
    assert_eq!(secrets.state().await, KeychainState::Ready);
}

#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn open_prompt() {
    let mut service = Service::start(Wish::Wait).await;
    let secrets = secrets("db-1");
    let lab = lab();
    let mut asked = Box::pin(secrets.find(&lab, Unlock::Ask));
    tokio::select! {
        outcome = &mut asked => panic!("answered without the user: {outcome:?}"),
        () = service.prompted() => {}
    }
    let before = Instant::now();
    tokio::select! {
        outcome = &mut asked => panic!("answered without the user: {outcome:?}"),
        state = secrets.state() => assert_eq!(state, KeychainState::Locked),
    }
    assert!(before.elapsed() < Duration::from_secs(1));
}

/// Paused, so the clock jumps to the limit: nobody but the silent bus could have answered before.
#[tokio::test(start_paused = true)]
#[ignore = "started by the tests beside it"]
async fn silent() {
    let secrets = secrets("db-1");
    let before = Instant::now();
    assert!(matches!(secrets.find(&lab(), Unlock::Ask).await, Err(Error::KeychainTimedOut)));
    let elapsed = before.elapsed();
    assert!(elapsed >= Duration::from_secs(3) && elapsed < Duration::from_millis(3100), "{elapsed:?}");
}

#[test]
#[ignore = "started by the tests beside it"]
fn ends() {
    let secrets = secrets("db-1");
    let asking = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(secrets.state())
    });
    while keychain_threads() == 0 {
        std::thread::yield_now();
    }
    assert!(!asking.is_finished());
}

/// The password is made up at run time and in place, so that neither a constant nor a grown string holds it.
#[tokio::test]
#[ignore = "started by the tests beside it"]
async fn no_copy() {
    let backwards = "7Xq-yranac-drowssap";
    let canary = || {
        let mut text = String::with_capacity(backwards.len());
        text.extend(backwards.chars().rev());
        SecretString::from(text)
    };
    let secrets = secrets("db-1");
    secrets.store(&lab(), &canary(), Unlock::Never).await.unwrap();
    let found = secrets.find(&lab(), Unlock::Never).await.unwrap();
    assert!(copies(backwards) > 0);
    drop(found);
    assert_eq!(copies(backwards), 0);
}

/// How often a password, given backwards, stands in this process's writable memory.
fn copies(backwards: &str) -> usize {
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut count = 0;
    for line in maps.lines().filter(|line| line.contains(" rw") && !line.contains("[v")) {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let mut bytes = vec![0; (end - start) as usize];
        if memory.read_exact_at(&mut bytes, start).is_err() {
            continue;
        }
        let same = |window: &[u8]| window.iter().rev().eq(backwards.as_bytes());
        count += bytes.windows(backwards.len()).filter(|window| same(window)).count();
        // What was read would be found again in the next mapping.
        bytes.fill(0);
    }
    count
}
