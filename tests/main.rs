//! Whole walks through Muster, and the rules of its house; one binary, because linking it is most of its cost.
//! Refuses to need anything that is not on this machine: servers, displays and keyrings are started by the tests.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test, in its helpers too")]

mod adding;
mod alone;
mod analytics;
mod audit;
mod beside;
mod certificates;
mod chunks;
mod clusters;
mod counts;
mod credentials;
mod deliveries;
mod discovery;
mod disk;
mod ending;
mod equal;
mod faults;
mod health;
mod history;
mod house;
mod importing;
mod keychain;
mod kills;
mod listing;
mod lost;
mod overview;
mod policies;
#[cfg(unix)]
mod printed;
mod questions;
mod queue;
mod reading;
mod recordings;
mod retries;
mod roles;
mod schedules;
mod settings;
mod shapes;
mod sharing;
mod suggested;
mod support;
mod terminal;
mod trying;
mod upkeep;
mod way;
mod window;
mod windows;
