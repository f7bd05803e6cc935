//! Tells the page what changed, in batches, so that a burst is one message.
//! Refuses to carry state: a lost message heals itself with the next one.

use super::following::{Following, Of};
use crate::wiring::Wiring;
use contract::Event;
use service::Caller;
use std::time::Duration;
use tauri::ipc::Channel;
use tokio::sync::watch;

/// How long events are gathered: less than anybody sees, and longer than a burst.
const GATHER: Duration = Duration::from_millis(50);

/// Sends events to the page of a window until it is gone, or subscribes anew; `desktop` changes with the desktop.
pub(crate) fn webview(
    wiring: &Wiring,
    window: &str,
    page: Channel<Vec<Event>>,
    desktop: watch::Receiver<u64>,
) {
    let following = Following::new(wiring, Of::Shown, GATHER);
    wiring.run_the_sink_of(window, follow(following, page, desktop, wiring.role().changes()));
}

async fn follow(
    mut following: Following,
    page: Channel<Vec<Event>>,
    mut desktop: watch::Receiver<u64>,
    mut role: watch::Receiver<Caller>,
) {
    loop {
        let batch = tokio::select! {
            batch = following.next() => batch,
            changed = desktop.changed() => changed.is_ok().then(|| vec![Event::DesktopChanged]),
            // What was refused may be answered now, and the other way round.
            changed = role.changed() => changed.is_ok().then(|| vec![Event::Lagged]),
        };
        let Some(batch) = batch else { return };
        if page.send(batch).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::VcenterSettings;
    use contract::command::{
        AwaitOperation, Change, EditVcenter, ListVcenters, OperationFilter, OperationHistory,
    };
    use std::sync::{Arc, Mutex};
    use tauri::ipc::InvokeResponseBody;

    /// What a page of a window heard.
    struct Page(Arc<Mutex<Vec<Event>>>);

    impl Page {
        fn open(wiring: &Wiring, window: &str, desktop: watch::Receiver<u64>) -> Page {
            let heard = Arc::<Mutex<Vec<Event>>>::default();
            let into = heard.clone();
            let channel = Channel::new(move |sent| {
                let InvokeResponseBody::Json(sent) = sent else { unreachable!("events are JSON") };
                into.lock().unwrap().extend(serde_json::from_str::<Vec<Event>>(&sent).unwrap());
                Ok(())
            });
            webview(wiring, window, channel, desktop);
            Page(heard)
        }

        fn has_heard(&self, event: &Event) -> bool {
            self.0.lock().unwrap().contains(event)
        }

        async fn hears(&self, event: Event) {
            let heard = async {
                while !self.has_heard(&event) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), heard).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_window_hears_everything_and_a_page_loaded_anew_takes_the_place_of_its_own_window_alone() {
        let folder = tempfile::tempdir().unwrap();
        let wiring = Wiring::new(Some(folder.path().to_owned()), Caller::muster());
        wiring.explore().await.unwrap();
        let (service, muster) = (wiring.service().await.unwrap(), Caller::muster());
        let all = OperationHistory { filter: OperationFilter::default(), limit: 100 };
        let all = service.call(&muster, all).await.unwrap().operations;
        for operation in all {
            service.call(&muster, AwaitOperation { operation: operation.id }).await.unwrap();
        }
        let edit = async |ttl_seconds| {
            let first = service.call(&muster, ListVcenters {}).await.unwrap().remove(0);
            let settings = Some(VcenterSettings { ttl_seconds, ..first.settings });
            let change = Change { settings, ..Change::default() };
            let edit = EditVcenter { vcenter: first.id, edition: first.edition, change };
            service.call(&muster, edit).await.unwrap();
        };

        let desktop = watch::Sender::new(0);
        let main = Page::open(&wiring, "main", desktop.subscribe());
        main.hears(Event::Lagged).await;
        let second = Page::open(&wiring, "second", desktop.subscribe());
        second.hears(Event::Lagged).await;
        edit(77).await;
        main.hears(Event::CredentialsChanged).await;
        second.hears(Event::CredentialsChanged).await;

        let anew = Page::open(&wiring, "main", desktop.subscribe());
        anew.hears(Event::Lagged).await;
        for page in [&main, &second] {
            page.0.lock().unwrap().clear();
        }
        edit(78).await;
        anew.hears(Event::CredentialsChanged).await;
        second.hears(Event::CredentialsChanged).await;
        assert!(!main.has_heard(&Event::CredentialsChanged), "the page before is gone");
        desktop.send_modify(|number| *number += 1);
        anew.hears(Event::DesktopChanged).await;
        second.hears(Event::DesktopChanged).await;
        wiring.close().await;
    }
}
