//! One folder per screen.

pub(crate) mod app;
mod inventory;
mod operations;
mod overview;
mod vcenters;
