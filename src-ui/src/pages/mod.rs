//! One folder per screen.

mod analytics;
pub(crate) mod app;
mod audit;
mod compact;
mod credentials;
mod discovery;
mod health;
mod inventory;
mod jobs;
mod not_allowed;
mod operations;
mod overview;
mod settings;
mod vcenters;
