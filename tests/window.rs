//! The real window: built as it ships, on a display of its own, driven from outside.
//! Refuses to look inside the process: it reads what a user reads.

mod accessible;
mod adding;
mod alone;
mod analytics;
mod audit;
mod boundary;
pub(crate) mod bus;
mod certificate;
mod closing;
mod compact;
mod conflict;
mod credentials;
mod daemon;
mod discovery;
mod driver;
mod ending;
mod explore;
mod eyes;
mod first;
mod grid;
mod guard;
mod hands;
mod health;
mod history;
mod importing;
mod jobs;
mod keys;
mod leaving;
mod memory;
mod notifications;
mod once;
mod operations;
mod overview;
mod passwords;
mod questions;
mod reach;
mod removal;
mod role;
mod schedules;
mod screen;
mod settings;
mod sharing;
mod told;
mod tray;
mod trouble;
mod truth;
mod vcenters;
mod watcher;
mod way;

/// The binary that cargo built for this test.
const MUSTER: &str = env!("CARGO_BIN_EXE_muster");
