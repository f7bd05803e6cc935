//! The tray of desktops of freedesktop.org: a StatusNotifierItem on the session bus.
//! Refuses to be there where nobody shows it, and to bring anything down where there is no bus.

use super::icons;
use super::model::{Act, Entry, State, Tray};
use crate::shell::Shell;
use futures_util::StreamExt;
use ksni::menu::{MenuItem, StandardItem};
use ksni::{Handle, Icon, Status, ToolTip, TrayMethods};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use zbus::{Connection, Proxy, fdo::DBusProxy, proxy::CacheProperties};

/// Who knows all trays.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// How long until it is tried again after the bus was lost.
const AGAIN: Duration = Duration::from_secs(60);

/// Shows what there is to show, whenever somebody is there who shows it.
pub(super) fn show(shell: &Shell, models: watch::Receiver<Option<Tray>>) {
    let of = shell.clone();
    shell.wiring.run_until_closed(async move { watch_the_bus(&of).await });
    let of = shell.clone();
    shell.wiring.run_until_closed(async move { serve(of, models).await });
}

/// Says whether a tray is there, from now on.
async fn watch_the_bus(shell: &Shell) {
    loop {
        // Without a session bus there is no tray, and no other one comes.
        let Ok(connection) = Connection::session().await else { return };
        // It ends with the bus.
        let _ = follow(shell, &connection).await;
        shell.desk.set_tray(false);
        sleep(AGAIN).await;
    }
}

async fn follow(shell: &Shell, connection: &Connection) -> zbus::Result<()> {
    let bus = DBusProxy::new(connection).await?;
    let mut owners = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    let watcher: Proxy<'_> = zbus::proxy::Builder::new(connection)
        .destination(WATCHER)?
        .path("/StatusNotifierWatcher")?
        .interface(WATCHER)?
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let mut hosts = watcher.receive_signal("StatusNotifierHostRegistered").await?;
    let mut gone = watcher.receive_signal("StatusNotifierHostUnregistered").await?;
    loop {
        let is_owned = bus.name_has_owner(WATCHER.try_into()?).await?;
        // A watcher without a host has nobody who draws.
        let is_there =
            is_owned && watcher.get_property("IsStatusNotifierHostRegistered").await.unwrap_or(false);
        shell.desk.set_tray(is_there);
        let is_alive = tokio::select! {
            changed = owners.next() => changed.is_some(),
            changed = hosts.next() => changed.is_some(),
            changed = gone.next() => changed.is_some(),
        };
        if !is_alive {
            return Ok(());
        }
    }
}

/// Is on the bus while a tray is there, and shows what is true.
async fn serve(shell: Shell, mut models: watch::Receiver<Option<Tray>>) {
    let mut is_there = shell.desk.tray();
    loop {
        if is_there.wait_for(|is_there| *is_there).await.is_err() {
            return;
        }
        let Ok(model) = models.wait_for(Option::is_some).await.map(|model| model.clone()) else { return };
        let Some(model) = model else { continue };
        let item = Item { shell: shell.clone(), model };
        // Whoever was there has gone meanwhile: it is tried again when somebody comes.
        let Ok(handle) = item.spawn().await else {
            if is_there.changed().await.is_err() {
                return;
            }
            continue;
        };
        update(&handle, &mut is_there, &mut models).await;
        handle.shutdown().await;
    }
}

/// Shows each model until nobody is there any more.
async fn update(
    handle: &Handle<Item>,
    is_there: &mut watch::Receiver<bool>,
    models: &mut watch::Receiver<Option<Tray>>,
) {
    loop {
        let changed = tokio::select! {
            _ = async { is_there.wait_for(|is_there| !*is_there).await.is_ok() } => return,
            changed = models.changed() => changed.is_ok(),
        };
        let model = models.borrow_and_update().clone();
        let (true, Some(model)) = (changed, model) else { return };
        handle.update(|item| item.model = model).await;
    }
}

/// What is on the bus.
struct Item {
    shell: Shell,
    model: Tray,
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "muster".to_owned()
    }

    fn title(&self) -> String {
        self.model.title.to_owned()
    }

    fn status(&self) -> Status {
        match self.model.state {
            State::Idle | State::Running => Status::Active,
            State::Attention => Status::NeedsAttention,
        }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        icons::of(self.model.state).map(|image| pixmap(&image)).to_vec()
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        icons::of(State::Attention).map(|image| pixmap(&image)).to_vec()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: self.model.title.to_owned(),
            // It is read as markup.
            description: super::super::notices::escaped(&self.model.words),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.shell.act(Act::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Item>> {
        self.model.entries.iter().map(line).collect()
    }
}

fn line(entry: &Entry) -> MenuItem<Item> {
    let item = |label: &str, enabled| StandardItem {
        // A single underscore would be a key.
        label: label.replace('_', "__"),
        enabled,
        ..StandardItem::default()
    };
    match entry {
        Entry::Line => MenuItem::Separator,
        Entry::Words(words) => item(words, false).into(),
        Entry::Item { label, is_enabled, act } => {
            let act = act.clone();
            StandardItem {
                activate: Box::new(move |item: &mut Item| item.shell.act(act.clone())),
                ..item(label, *is_enabled)
            }
            .into()
        }
    }
}

/// Pixels in the order of the bus: alpha first.
fn pixmap(image: &tauri::image::Image<'_>) -> Icon {
    let mut data = image.rgba().to_vec();
    data.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
    // Icons are small.
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(0);
    Icon { width: size(image.width()), height: size(image.height()), data }
}

/// Muster's mark as notifications carry it: width, height, bytes of a row, whether it has alpha, bits, channels, pixels.
pub(crate) fn mark() -> zbus::zvariant::Value<'static> {
    let [_, image] = icons::of(State::Idle);
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(0);
    let (width, height) = (size(image.width()), size(image.height()));
    zbus::zvariant::Value::from((width, height, width * 4, true, 8, 4, image.rgba().to_vec()))
}
