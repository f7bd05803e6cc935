//! Notifications over org.freedesktop.Notifications, and the clicks on them.
//! Refuses to fail where nobody shows them.

use super::super::tray::mark;
use super::escaped;
use contract::VcenterId;
use contract::notices::Message;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::timeout;
use zbus::proxy::SignalStream;
use zbus::zvariant::Value;
use zbus::{Connection, Proxy};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long a daemon may take; nothing else is told meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// Milliseconds that say nothing: whoever shows it knows how long.
const AS_USUAL: i32 = -1;

/// What shows them; connected with the first one.
#[derive(Default)]
pub(super) struct Notifier(Option<Connected>);

struct Connected {
    service: Proxy<'static>,
    clicks: SignalStream<'static>,
    is_markup: bool,
    /// What each number is about; the last one of a vCenter is replaced by the next.
    shown: HashMap<u32, Option<VcenterId>>,
}

impl Notifier {
    /// Shows one.
    pub(super) async fn show(&mut self, message: &Message) {
        // A connection of before may have gone with its bus: then another one is tried.
        let mut is_again = self.0.is_some();
        loop {
            let is_lost = match timeout(PATIENCE, self.try_to_show(message)).await {
                // Who doesn't take it has nobody who reads it.
                Ok(Ok(()) | Err(zbus::Error::MethodError(..))) => return,
                Ok(Err(_)) => true,
                // It may have been taken all the same.
                Err(_) => false,
            };
            self.0 = None;
            if !(is_lost && std::mem::take(&mut is_again)) {
                return;
            }
        }
    }

    async fn try_to_show(&mut self, message: &Message) -> zbus::Result<()> {
        let connected = match &mut self.0 {
            Some(connected) => connected,
            none => none.insert(Connected::over(Connection::session().await?).await?),
        };
        connected.show(message).await
    }

    /// Waits for a click on one: the vCenter that it was about, if it was about one.
    pub(super) async fn clicked(&mut self) -> Option<VcenterId> {
        while let Some(connected) = &mut self.0 {
            let Some(signal) = connected.clicks.next().await else {
                // The bus is gone; the next message looks for another.
                self.0 = None;
                break;
            };
            let Ok((number, _action)) = signal.body().deserialize::<(u32, String)>() else { continue };
            if let Some(about) = connected.shown.remove(&number) {
                return about;
            }
        }
        std::future::pending().await
    }
}

impl Connected {
    async fn over(connection: Connection) -> zbus::Result<Connected> {
        let service = Proxy::new_owned(connection, NAME, PATH, NAME).await?;
        let clicks = service.receive_signal("ActionInvoked").await?;
        // Asked of who is there: the answer to the first call starts one where none is.
        let able: Vec<String> = service.call("GetCapabilities", &()).await?;
        let is_markup = able.iter().any(|one| one == "body-markup");
        Ok(Connected { service, clicks, is_markup, shown: HashMap::new() })
    }

    async fn show(&mut self, message: &Message) -> zbus::Result<()> {
        let before =
            self.shown.iter().find(|(_, about)| **about == message.vcenter).map(|(number, _)| *number);
        let body = if self.is_markup { escaped(&message.body) } else { message.body.clone() };
        // Normal: what is critical stays on screen until somebody takes it away.
        let hints: HashMap<&str, Value<'_>> = HashMap::from([
            ("desktop-entry", Value::from("Muster")),
            ("urgency", Value::from(1u8)),
            ("category", Value::from(if message.is_failure { "network.error" } else { "transfer.complete" })),
            ("image-data", mark()),
        ]);
        let actions = ["default", "Open Muster"];
        let asked =
            ("Muster", before.unwrap_or(0), "muster", &*message.title, &*body, &actions[..], hints, AS_USUAL);
        let number: u32 = self.service.call("Notify", &asked).await?;
        if let Some(before) = before {
            self.shown.remove(&before);
        }
        self.shown.insert(number, message.vcenter.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    /// Who shows nothing.
    struct Daemon;

    #[zbus::interface(name = "org.freedesktop.Notifications")]
    impl Daemon {
        fn get_capabilities(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn bus() -> (Child, String) {
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        (bus, address.trim().to_owned())
    }

    #[tokio::test]
    async fn a_bus_that_is_lost_is_noticed_and_its_connection_is_not_kept() {
        let (mut bus, address) = bus();
        let at = |address: &str| zbus::connection::Builder::address(address).unwrap();
        let daemon = at(&address).serve_at(PATH, Daemon).unwrap().name(NAME).unwrap().build().await.unwrap();
        let connected = Connected::over(at(&address).build().await.unwrap()).await.unwrap();
        let mut notifier = Notifier(Some(connected));
        let waits = timeout(Duration::from_millis(300), notifier.clicked()).await;
        assert!(waits.is_err() && notifier.0.is_some(), "it waits for a click");
        bus.kill().unwrap();
        bus.wait().unwrap();
        let waits = timeout(Duration::from_secs(3), notifier.clicked()).await;
        assert!(waits.is_err() && notifier.0.is_none(), "the next message connects anew");
        drop(daemon);
    }
}
