//! A StatusNotifierWatcher, with a host that reads trays and clicks their menus, on a session bus.
//! Refuses to draw anything: what a tray says over the bus is what its user would see.

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};
use zbus::{Connection, Proxy, interface};

const NAME: &str = "org.kde.StatusNotifierWatcher";
const PATH: &str = "/StatusNotifierWatcher";

/// Longer than a tray takes to change on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line of a menu with those below it: its number, what is said of it, and they.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// What is registered, as `bus name` each.
type Items = Arc<Mutex<Vec<String>>>;

/// The watcher; gone when dropped.
pub(crate) struct Watcher {
    connection: Connection,
    items: Items,
}

struct Registry {
    items: Items,
    has_host: bool,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Registry {
    fn register_status_notifier_item(&mut self, service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let name = if service.starts_with('/') { sender } else { service.to_owned() };
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.has_host
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// What a tray shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) title: String,
    /// `Active`, `NeedsAttention`.
    pub(crate) status: String,
    /// The text of its tooltip.
    pub(crate) tooltip: String,
    /// The pixels of its smallest icon.
    pub(crate) icon: Vec<u8>,
    pub(crate) menu: Vec<Line>,
}

/// A line of its menu.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    id: i32,
    pub(crate) label: String,
    pub(crate) is_enabled: bool,
}

impl Shown {
    /// The words of its menu, without lines between them.
    pub(crate) fn labels(&self) -> Vec<&str> {
        self.menu.iter().map(|line| &*line.label).filter(|label| !label.is_empty()).collect()
    }
}

impl Watcher {
    /// Is on the bus of this address, with a host.
    pub(crate) async fn start(bus: &str) -> Result<Watcher> {
        Watcher::on(bus, true).await
    }

    /// The same with or without one who draws.
    pub(crate) async fn on(bus: &str, has_host: bool) -> Result<Watcher> {
        let items = Items::default();
        let registry = Registry { items: items.clone(), has_host };
        let connection = zbus::connection::Builder::address(bus)?
            .serve_at(PATH, registry)?
            .name(NAME)?
            .build()
            .await
            .context("a watcher on the bus")?;
        Ok(Watcher { connection, items })
    }

    /// A host has come.
    pub(crate) async fn host_comes(&self) -> Result<()> {
        let registry = self.connection.object_server().interface::<_, Registry>(PATH).await?;
        registry.get_mut().await.has_host = true;
        Ok(Registry::status_notifier_host_registered(registry.signal_emitter()).await?)
    }

    /// Takes it off the bus.
    pub(crate) async fn stop(self) -> Result<()> {
        self.connection.release_name(NAME).await?;
        Ok(self.connection.close().await?)
    }

    /// How many trays ever registered.
    pub(crate) fn registered(&self) -> usize {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits until the tray shows something; answers with all of it.
    pub(crate) async fn wait_until(&self, what: &str, holds: impl Fn(&Shown) -> bool) -> Result<Shown> {
        let start = Instant::now();
        loop {
            let shown = self.shown().await;
            if let Ok(shown) = &shown
                && holds(shown)
            {
                return Ok(shown.clone());
            }
            ensure!(start.elapsed() < PATIENCE, "the tray never shows that {what}: {shown:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks the line of the menu that has this label.
    pub(crate) async fn click(&self, label: &str) -> Result<()> {
        let shown = self.wait_until(label, |shown| shown.labels().contains(&label)).await?;
        let line = shown.menu.iter().find(|line| line.label == label).context("the line")?;
        ensure!(line.is_enabled, "{label} can't be clicked");
        let menu = self.menu().await?;
        Ok(menu.call("Event", &(line.id, "clicked", Value::from(0i32), 0u32)).await?)
    }

    /// What the tray shows now.
    pub(crate) async fn shown(&self) -> Result<Shown> {
        let item = self.item().await?;
        let tooltip: Structure<'_> = item.get_property::<OwnedValue>("ToolTip").await?.try_into()?;
        let tooltip = tooltip.fields().get(3).and_then(|text| text.downcast_ref::<String>().ok());
        let icons: Vec<(i32, i32, Vec<u8>)> =
            item.get_property::<OwnedValue>("IconPixmap").await?.try_into()?;
        let (_, layout): (u32, Layout) =
            self.menu().await?.call("GetLayout", &(0i32, -1i32, Vec::<&str>::new())).await?;
        let menu = layout.2.into_iter().map(line).collect::<Result<_>>()?;
        Ok(Shown {
            title: item.get_property("Title").await?,
            status: item.get_property("Status").await?,
            tooltip: tooltip.context("the text of its tooltip")?,
            icon: icons.into_iter().next().context("an icon")?.2,
            menu,
        })
    }

    async fn item(&self) -> Result<Proxy<'static>> {
        let name = self.items.lock().unwrap_or_else(PoisonError::into_inner).last().cloned();
        let name = name.context("no tray has registered")?;
        Ok(self.proxy(name, "/StatusNotifierItem", "org.kde.StatusNotifierItem").await?)
    }

    async fn menu(&self) -> Result<Proxy<'static>> {
        let item = self.item().await?;
        let path: OwnedObjectPath = item.get_property("Menu").await?;
        let name = item.destination().to_string();
        Ok(self.proxy(name, path.as_str().to_owned(), "com.canonical.dbusmenu").await?)
    }

    async fn proxy(
        &self,
        name: String,
        path: impl Into<String>,
        interface: &'static str,
    ) -> zbus::Result<Proxy<'static>> {
        zbus::proxy::Builder::new(&self.connection)
            .destination(name)?
            .path(path.into())?
            .interface(interface)?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
    }
}

fn line(item: OwnedValue) -> Result<Line> {
    let item: Structure<'_> = item.try_into()?;
    let [id, about, ..] = item.fields() else { anyhow::bail!("a line of the menu is {item:?}") };
    let about: HashMap<String, OwnedValue> = about.try_clone()?.try_into()?;
    let text = |key: &str| about.get(key).and_then(|value| value.downcast_ref::<String>().ok());
    // As hosts show it: a doubled underscore is one.
    let label = text("label").unwrap_or_default().replace("__", "_");
    let is_enabled = about.get("enabled").and_then(|value| value.downcast_ref::<bool>().ok()).unwrap_or(true);
    Ok(Line { id: id.downcast_ref()?, label, is_enabled })
}
