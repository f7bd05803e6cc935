//! What the page knows, and the words it puts it in: pure, and tested without a browser.
//! Refuses to call the backend.

pub(crate) mod advice;
pub(crate) mod analytics;
pub(crate) mod audit;
pub(crate) mod batches;
pub(crate) mod cache;
pub(crate) mod capacity;
pub(crate) mod changes;
pub(crate) mod choice;
pub(crate) mod compact;
pub(crate) mod credentials;
pub(crate) mod destinations;
pub(crate) mod discovery;
pub(crate) mod filters;
pub(crate) mod form;
pub(crate) mod grid;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod news;
pub(crate) mod operations;
pub(crate) mod policy_form;
pub(crate) mod roles;
pub(crate) mod route;
pub(crate) mod scanning;
pub(crate) mod schedules;
pub(crate) mod sight;
pub(crate) mod table;
pub(crate) mod toasts;
pub(crate) mod words;
pub(crate) mod work;
pub(crate) mod world;

#[cfg(test)]
pub(crate) mod samples;
