//! Plans when a vCenter is read next, from when people look at it.
//! Refuses to read a clock, to store anything, and to make more runs than the fixed interval that it replaces.
//!
//! # What a stale read is
//!
//! A look at data that is older than **half of the usual interval**. A fixed interval misses that mark at half of all looks,
//! whatever the interval and whenever they come, so it tells how much better the same number of runs does at other times.
//! It is an age that people see on the page, and needs no guess of what happened at the server. The simulation
//! (`tests/simulation.rs`) shows two more: looks at what was not true any more, because something had changed since the run
//! that they show began; and looks at data older than the whole interval, which a fixed one has none of: that is the price.
//!
//! # How it plans
//!
//! The runs of a week are placed as a fixed interval would, and each is then moved to where data gets younger at the looks
//! that are expected, until no move helps (`runs`). What is expected comes from the complete weeks before (`habit`), so a plan
//! stands for its week. A pattern is believed only if it would have helped in earlier weeks that it was not made from;
//! without one the interval stays as it is.

mod chosen;
mod habit;
mod plan;
mod reason;
mod runs;
mod week;

pub use plan::{Bounds, Known, Plan, Planned};
pub use reason::{Days, OfDay, Reason};
pub use week::{HOURS, Pace, SLOT_MINUTES, SLOTS, Slot, WEEKS, Weeks};
