//! One folder per screen.

pub(crate) mod app;
mod inventory;
mod overview;
mod vcenters;
