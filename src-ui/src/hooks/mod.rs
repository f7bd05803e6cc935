//! How pages and components reach the service: one state for all of them, asked once for what many show,
//! and each is drawn again only when what it shows of it is another.
//! Refuse to look into vCenter's answers: state and words are in `state`.

mod closing;
mod credentials;
mod discovery;
mod is_there;
mod own_menu;
mod policies;
mod provider;
mod query;
mod reads;
mod remembered;
mod route;
mod rows;
mod vcenter_service;

pub(crate) use closing::use_closing;
pub(crate) use is_there::use_is_there;
pub(crate) use own_menu::use_no_foreign_menu;
pub(crate) use provider::{ServiceProvider, now};
pub(crate) use query::{Action, use_command, use_query};
pub(crate) use reads::use_clusters;
pub(crate) use remembered::{remembered, use_density, use_remembered};
pub(crate) use route::{go, in_the_main_window, open, replace, use_route};
pub(crate) use rows::{Window, use_export, use_rows};
pub(crate) use vcenter_service::{VcenterService, use_card, use_card_if, use_vcenter_service};
