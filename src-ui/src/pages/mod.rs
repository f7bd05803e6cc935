//! One file per screen.

pub(crate) mod app;
