//! One folder per screen.

pub(crate) mod app;
mod audit;
mod compact;
mod inventory;
mod operations;
mod overview;
mod settings;
mod vcenters;
