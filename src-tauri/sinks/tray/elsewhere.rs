//! The tray of Windows and macOS, which always have one.
//! Refuses to build its menu anew while it is as it was.

use super::icons;
use super::model::{Act, Entry, Tray};
use crate::shell::Shell;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Wry};
use tokio::sync::watch;

/// Lines of the menu that do something, by their number.
type Acts = Arc<Mutex<Vec<Act>>>;

/// Shows what there is to show.
pub(super) fn show(shell: &Shell, mut models: watch::Receiver<Option<Tray>>) {
    shell.desk.set_tray(true);
    let of = shell.clone();
    shell.wiring.run_until_closed(async move {
        let mut made: Option<(TrayIcon, Acts)> = None;
        while models.changed().await.is_ok() {
            let Some(model) = models.borrow_and_update().clone() else { continue };
            let shown = match &made {
                Some((icon, acts)) => change(&of.app, icon, acts, &model),
                None => make(&of, &model).map(|icon| made = Some(icon)),
            };
            if shown.is_err() && made.is_none() {
                // A system without one after all.
                return of.desk.set_tray(false);
            }
        }
    });
}

fn make(shell: &Shell, model: &Tray) -> tauri::Result<(TrayIcon, Acts)> {
    let acts = Acts::default();
    let (of, chosen, opened) = (shell.clone(), acts.clone(), shell.clone());
    let [_, icon] = icons::of(model.state);
    let tray = TrayIconBuilder::new()
        .icon(icon)
        .tooltip(tooltip(model))
        .menu(&menu(&shell.app, &acts, model)?)
        .show_menu_on_left_click(false)
        .on_menu_event(move |_, event| {
            let number = event.id().as_ref().parse::<usize>().ok();
            let acts = chosen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(act) = number.and_then(|number| acts.get(number).cloned()) {
                of.act(act);
            }
        })
        .on_tray_icon_event(move |_, event| {
            if matches!(event, TrayIconEvent::DoubleClick { button: MouseButton::Left, .. }) {
                opened.act(Act::Open);
            }
        })
        .build(&shell.app)?;
    Ok((tray, acts))
}

fn change(app: &AppHandle, tray: &TrayIcon, acts: &Acts, model: &Tray) -> tauri::Result<()> {
    let [_, icon] = icons::of(model.state);
    tray.set_icon(Some(icon))?;
    tray.set_tooltip(Some(tooltip(model)))?;
    tray.set_menu(Some(menu(app, acts, model)?))
}

fn tooltip(model: &Tray) -> String {
    format!("{}: {}", model.title, model.words)
}

fn menu(app: &AppHandle, acts: &Acts, model: &Tray) -> tauri::Result<Menu<Wry>> {
    let mut chosen = Vec::new();
    let menu = Menu::new(app)?;
    for entry in &model.entries {
        let item: Box<dyn IsMenuItem<Wry>> = match entry {
            Entry::Line => Box::new(PredefinedMenuItem::separator(app)?),
            Entry::Words(words) => Box::new(MenuItem::new(app, plain(words), false, None::<&str>)?),
            Entry::Item { label, is_enabled, act } => {
                chosen.push(act.clone());
                let number = (chosen.len() - 1).to_string();
                Box::new(MenuItem::with_id(app, number, plain(label), *is_enabled, None::<&str>)?)
            }
        };
        menu.append(&*item)?;
    }
    *acts.lock().unwrap_or_else(PoisonError::into_inner) = chosen;
    Ok(menu)
}

/// A single ampersand would be a key.
fn plain(words: &str) -> String {
    words.replace('&', "&&")
}
