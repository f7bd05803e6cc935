//! What the page knows, and the words it puts it in: pure, and tested without a browser.
//! Refuses to call the backend.

pub(crate) mod vcenters;
