//! Size and place of a window and the zoom of its page, in logical pixels, kept beside the data it shows.
//! Refuses a place that the screens of today don't have: the window is fitted to the one it opens on.

use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{AppHandle, WebviewWindow, WindowEvent};

/// The sizes of a page that can be chosen, in percent.
const ZOOMS: [u32; 12] = [67, 75, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300];

/// Size, place and zoom of the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    /// Size of the page, logical pixels.
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Left upper corner of the window; nothing where the system is to choose.
    pub(crate) corner: Option<(f64, f64)>,
    pub(crate) maximized: bool,
    /// Percent.
    pub(crate) zoom: u32,
}

impl Default for Place {
    fn default() -> Place {
        Place { width: 1280.0, height: 800.0, corner: None, maximized: false, zoom: 100 }
    }
}

impl Place {
    /// The usual one of the compact window.
    pub(crate) const COMPACT: Place =
        Place { width: 360.0, height: 400.0, corner: None, maximized: false, zoom: 100 };
}

/// A part of a screen that windows may cover, logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Place {
    /// The same within the screen that it covers most; where it covers none the system chooses, and the first is measured.
    pub(crate) fn fitted(self, screens: &[Area]) -> Place {
        let covered = |area: &Area| {
            let (x, y) = self.corner?;
            let (width, height) = (area.overlap_x(x, self.width), area.overlap_y(y, self.height));
            (width > 0.0 && height > 0.0).then_some(width * height)
        };
        let most = screens
            .iter()
            .filter_map(|area| Some((area, covered(area)?)))
            .max_by(|(_, one), (_, other)| one.total_cmp(other));
        let Some(area) = most.map(|(area, _)| area).or(screens.first()) else { return self };
        let (width, height) = (self.width.min(area.width), self.height.min(area.height));
        let corner = self.corner.filter(|_| most.is_some()).map(|(x, y)| {
            // Not `clamp`, which panics where rounding leaves the far end a hair before the near one.
            let within = |at: f64, near: f64, room: f64| at.min(near + room).max(near);
            (within(x, area.x, area.width - width), within(y, area.y, area.height - height))
        });
        Place { width, height, corner, ..self }
    }

    /// The same with this zoom, as far as a page can have it.
    pub(crate) fn with_zoom(self, percent: u32) -> Place {
        Place { zoom: percent.clamp(ZOOMS[0], ZOOMS[ZOOMS.len() - 1]), ..self }
    }

    /// The same with the next larger or smaller zoom, or that of 100 % for none.
    pub(crate) fn zoomed(self, larger: Option<bool>) -> Place {
        let zoom = match larger {
            None => 100,
            Some(true) => ZOOMS.into_iter().find(|zoom| *zoom > self.zoom).unwrap_or(ZOOMS[ZOOMS.len() - 1]),
            Some(false) => ZOOMS.into_iter().rev().find(|zoom| *zoom < self.zoom).unwrap_or(ZOOMS[0]),
        };
        Place { zoom, ..self }
    }

    /// What a file says, as far as a window can be that; else it is the usual one.
    fn read(text: &[u8], usual: Place) -> Place {
        let Ok(read) = serde_json::from_slice::<Place>(text) else { return usual };
        let is_size = |size: f64| size.is_finite() && size >= 1.0;
        Place {
            width: if is_size(read.width) { read.width } else { usual.width },
            height: if is_size(read.height) { read.height } else { usual.height },
            corner: read.corner.filter(|(x, y)| x.is_finite() && y.is_finite()),
            ..read.with_zoom(read.zoom)
        }
    }
}

impl Area {
    fn overlap_x(&self, x: f64, width: f64) -> f64 {
        (x + width).min(self.x + self.width) - x.max(self.x)
    }

    fn overlap_y(&self, y: f64, height: f64) -> f64 {
        (y + height).min(self.y + self.height) - y.max(self.y)
    }
}

/// The place of a window, as it is now. Clones are the same.
#[derive(Clone)]
pub(crate) struct Places(Arc<Inner>);

struct Inner {
    file: Option<PathBuf>,
    now: Mutex<Place>,
}

impl Places {
    /// As it was the last time on this data folder, by the name of its file there.
    pub(crate) fn beside(data_dir: Option<&Path>, name: &str, usual: Place) -> Places {
        let file = data_dir.map(|data_dir| data_dir.join(name));
        let read = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let now = read.map_or(usual, |text| Place::read(&text, usual));
        Places(Arc::new(Inner { file, now: Mutex::new(now) }))
    }

    /// Where the window is, or is to be opened.
    pub(crate) fn now(&self) -> Place {
        *self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a window while it is moved and sized.
    pub(crate) fn follow(&self, window: &WebviewWindow) {
        let (places, followed) = (self.clone(), window.clone());
        window.on_window_event(move |event| {
            if matches!(
                event,
                WindowEvent::Resized(_) | WindowEvent::Moved(_) | WindowEvent::CloseRequested { .. }
            ) {
                // A window that can't be measured is where it was.
                let _ = places.measure(&followed);
            }
        });
    }

    fn measure(&self, window: &WebviewWindow) -> tauri::Result<()> {
        let maximized = window.is_maximized()?;
        let hidden = window.is_minimized()? || window.is_fullscreen()?;
        let scale = window.scale_factor()?;
        let size = window.inner_size()?.to_logical::<f64>(scale);
        let corner = window.outer_position().ok().map(|corner| corner.to_logical::<f64>(scale));
        self.change(|place| {
            // Size and place of a maximized window are the screen's: kept is what it goes back to.
            if !maximized && !hidden && size.width >= 1.0 && size.height >= 1.0 {
                (place.width, place.height) = (size.width, size.height);
                place.corner = corner.map(|corner| (corner.x, corner.y)).or(place.corner);
            }
            place.maximized = maximized;
        });
        Ok(())
    }

    /// Makes the page larger or smaller, and answers with the new percentage.
    pub(crate) fn zoom(
        &self,
        window: &WebviewWindow,
        zoomed: impl FnOnce(Place) -> Place,
    ) -> tauri::Result<u32> {
        let place = zoomed(self.now());
        window.set_zoom(f64::from(place.zoom) / 100.0)?;
        self.change(|now| now.zoom = place.zoom);
        self.keep();
        Ok(place.zoom)
    }

    fn change(&self, change: impl FnOnce(&mut Place)) {
        change(&mut self.0.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Writes it down.
    pub(crate) fn keep(&self) {
        if let Some(file) = &self.0.file {
            // A size that can't be kept is nothing to bother anybody with.
            let _ = keep(file, &self.now());
        }
    }
}

/// Writes a small file whole, or not at all: on a full disk the old one stays.
pub(crate) fn keep(file: &Path, content: &impl Serialize) -> std::io::Result<()> {
    let fresh = file.with_extension("json.new");
    let written = private(&fresh)
        .and_then(|mut fresh| fresh.write_all(&serde_json::to_vec_pretty(content)?))
        .and_then(|()| std::fs::rename(&fresh, file));
    if written.is_err() {
        let _ = std::fs::remove_file(fresh);
    }
    written
}

/// A new file that only its owner can read.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What windows may cover of the screens that are there.
pub(crate) fn screens(app: &AppHandle) -> Vec<Area> {
    let monitors = app.available_monitors().unwrap_or_default();
    let areas = monitors.iter().map(|monitor| {
        let (scale, area) = (monitor.scale_factor(), monitor.work_area());
        let (corner, size) = (area.position.to_logical::<f64>(scale), area.size.to_logical::<f64>(scale));
        Area { x: corner.x, y: corner.y, width: size.width, height: size.height }
    });
    areas.filter(|area| area.width >= 1.0 && area.height >= 1.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPTOP: Area = Area { x: 0.0, y: 0.0, width: 1280.0, height: 720.0 };
    const BESIDE: Area = Area { x: 1280.0, y: 0.0, width: 1920.0, height: 1080.0 };

    fn at(corner: Option<(f64, f64)>, width: f64, height: f64) -> Place {
        Place { width, height, corner, ..Place::default() }
    }

    #[test]
    fn a_window_opens_within_the_screen_that_it_covers_most() {
        for (before, screens, after) in [
            // As it was.
            (
                at(Some((10.0, 20.0)), 900.0, 600.0),
                &[LAPTOP, BESIDE][..],
                at(Some((10.0, 20.0)), 900.0, 600.0),
            ),
            // Larger than the screen.
            (at(None, 1280.0, 800.0), &[LAPTOP], at(None, 1280.0, 720.0)),
            // Beyond an edge.
            (at(Some((900.0, -30.0)), 900.0, 600.0), &[LAPTOP], at(Some((380.0, 0.0)), 900.0, 600.0)),
            // On the screen beside it, which it covers more.
            (
                at(Some((1100.0, 0.0)), 1500.0, 900.0),
                &[LAPTOP, BESIDE],
                at(Some((1280.0, 0.0)), 1500.0, 900.0),
            ),
            // On a screen that is gone.
            (at(Some((1400.0, 100.0)), 1500.0, 900.0), &[LAPTOP], at(None, 1280.0, 720.0)),
            // No screen is known.
            (at(Some((5.0, 5.0)), 900.0, 600.0), &[], at(Some((5.0, 5.0)), 900.0, 600.0)),
        ] {
            assert_eq!(before.fitted(screens), after, "{before:?}");
        }
    }

    #[test]
    fn zoom_goes_step_by_step_to_both_ends_and_back() {
        let mut place = Place::default();
        for larger in [110, 125, 150, 175, 200, 250, 300, 300] {
            place = place.zoomed(Some(true));
            assert_eq!(place.zoom, larger);
        }
        assert_eq!(place.zoomed(None).zoom, 100);
        for smaller in [250, 200, 175, 150, 125, 110, 100, 90, 80, 75, 67, 67] {
            place = place.zoomed(Some(false));
            assert_eq!(place.zoom, smaller);
        }
    }

    #[test]
    fn a_file_that_says_nothing_usable_is_the_usual_window() {
        for text in [
            "",
            "{}",
            "nonsense",
            r#"{"main":{"width":1010,"height":710,"x":3}}"#,
            r#"{"width":0,"height":-4}"#,
        ] {
            assert_eq!(Place::read(text.as_bytes(), Place::default()), Place::default(), "{text}");
        }
        let small = Place::read(br#"{"width":900.0,"height":600.0,"zoom":1}"#, Place::default());
        assert_eq!(small, Place { zoom: 67, ..at(None, 900.0, 600.0) });
        assert_eq!(Place::read(b"nonsense", Place::COMPACT), Place::COMPACT);
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let kept = || Places::beside(Some(folder.path()), "window.json", Place::default());
        let places = kept();
        assert_eq!(places.now(), Place::default());
        let moved = Place { zoom: 125, maximized: true, ..at(Some((7.0, 9.0)), 1000.0, 700.0) };
        places.change(|now| *now = moved);
        places.keep();
        assert_eq!(kept().now(), moved);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
