//! Widgets that pages share.
//! Refuses to call the backend: what they show is handed to them.

pub(crate) mod frame;
pub(crate) mod vcenter_count;
