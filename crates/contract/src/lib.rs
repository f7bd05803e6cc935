//! What the service, the window and the command line agree on: ids, inventory and its columns, operations,
//! commands, events and errors.
//! Refuses to do anything with them: no files, no network, no clock. It builds for wasm.

pub mod analytics;
pub mod attention;
mod audit;
pub mod columns;
pub mod command;
mod condition;
mod config;
mod delta;
mod designation;
mod desktop;
pub mod destination;
pub mod discovery;
mod error;
mod event;
pub mod health;
mod held;
mod histogram;
mod history;
mod ids;
mod import;
mod inventory;
mod job;
mod kind;
pub mod least_privilege;
mod names;
pub mod natural;
pub mod network;
pub mod notices;
mod of_kind;
mod operation;
mod overview;
mod permissions;
pub mod policy;
mod remedy;
mod rows;
mod schedule;
mod settings;
mod snapshot;
pub mod spreadsheet;
mod tally;
mod time;
mod upkeep;
mod value;
pub mod words;

pub use audit::{AuditFilter, AuditOutcome, AuditPage, AuditRow, Door, Receipt, Subject, Verified};
pub use condition::{Condition, Operator, Test, duration_in_seconds};
pub use config::{
    Certificate, Check, Credential, CredentialPlace, Group, OfferedCa, Pause, Probe, RefreshWait, Rejection,
    Role, Suspension, TestReport, Trust, Vcenter, VcenterState, VcenterStatus,
};
pub use delta::{Age, Delta, Revision};
pub use designation::{designated, trimmed};
pub use desktop::{ClosingQuestion, Desktop, DesktopPreferences, OnClose};
pub use error::{ApiError, Code, Transient};
pub use event::Event;
pub use histogram::Histogram;
pub use history::{
    ChangedObject, ChangesPage, FailedAttempt, Fold, Line, ObjectChanges, PropertyChange, Recorded, Step,
    Steps, changed_properties, fold, shortened,
};
pub use ids::{CredentialId, DestinationId, Moref, OperationId, PolicyId, ScheduleId, ServerId, VcenterId};
pub use import::{Content, ImportAction, ImportOptions, ImportPlan, Planned};
pub use inventory::{Coverage, Missing, Object, Row};
pub use job::{Job, Lane};
pub use kind::Kind;
pub use operation::{Diff, Operation, OperationKind, OperationState, Origin, Progress};
pub use overview::{
    Capacity, Census, Cpu, HostTwice, Memory, MergedDatastore, OfCluster, OfDatacenter, OfVcenter, Overview,
    RecentChanges, Sameness, SeenAs, Storage, Totals, UnavailableHost, datastores_that_are_one,
};
pub use permissions::{HeldRole, Permissions};
pub use remedy::{Noun, Remedy};
pub use rows::{Cells, LARGEST_WINDOW, RowQuery, Rows, Source, Sum, Target};
pub use schedule::{
    Calendar, CalendarDay, CalendarJob, CalendarRun, Often, Preview, Run, Schedule, ScheduleField,
    ScheduleSettings, ScheduleTarget, ScheduledJob, Timing, WrongField, worst_last,
};
pub use settings::{Difference, Preferences, StaleReads, VcenterSettings, Way};
pub use snapshot::Snapshot;
pub use tally::Tally;
pub use time::Time;
pub use upkeep::{Backup, BundleDraft, BundledFile, LogLevel, LogLine, Restored, WrittenBundle};
pub use value::{Ref, Value};
