//! Finds the rows that can't be read, so that somebody is told of them: readers leave them out.
//! Refuses to mend them: a full sync writes the inventory again, and configuration is people's.

use crate::Store;
use crate::aside::read_rows;
use crate::engine::DbRow;
use crate::error::{During, Error};
use crate::{credentials, destinations, inventory, operations, policies, row, schedules, vcenters};
use contract::VcenterId;
use sqlx::Row;

/// A row that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damaged {
    /// An object of a vCenter's inventory, or when a kind of it was read: what a full sync writes again.
    Inventory {
        /// The vCenter.
        vcenter: VcenterId,
        /// Kind and moref, as far as they can be read.
        what: String,
    },
    /// A vCenter, and why it can't be read.
    Vcenter {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A credential, and why it can't be read.
    Credential {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A schedule, and why it can't be read.
    Schedule {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A policy, and why it can't be read.
    Policy {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A destination, and why it can't be read.
    Destination {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// An operation.
    Operation {
        /// Its id.
        id: String,
    },
}

impl Store {
    /// Every damaged row; takes as long as reading all of the database.
    pub async fn damage(&self) -> Result<Vec<Damaged>, Error> {
        let attempt = self.attempt("looking for damaged rows");
        let mut tx = self.engine().read(attempt).await?;
        let mut found = Vec::new();
        for (sql, look) in LOOKS {
            let rows = sqlx::query(sql).fetch(&mut *tx);
            found.extend(read_rows(rows, look).await.during(attempt)?.into_iter().flatten());
        }
        found.sort();
        Ok(found)
    }
}

/// What is wrong with a row.
type Look = fn(&DbRow) -> Option<Damaged>;

const LOOKS: [(&str, Look); 8] = [
    (vcenters::ALL, |row| {
        let reason = vcenters::record(row).err()?.to_string();
        Some(Damaged::Vcenter { name: row::shown(row, "name"), reason })
    }),
    ("SELECT * FROM credentials", |row| {
        let reason = credentials::credential(row).err()?.to_string();
        Some(Damaged::Credential { name: row::shown(row, "name"), reason })
    }),
    (schedules::ALL, |row| {
        let reason = schedules::record(row).err()?.to_string();
        Some(Damaged::Schedule { name: row::shown(row, "name"), reason })
    }),
    (policies::ALL, |row| {
        let reason = policies::record(row).err()?.to_string();
        Some(Damaged::Policy { name: row::shown(row, "name"), reason })
    }),
    (destinations::ALL, |row| {
        let reason = destinations::record(row).err()?.to_string();
        Some(Damaged::Destination { name: row::shown(row, "name"), reason })
    }),
    (operations::ALL, |row| {
        operations::operation(row).err().filter(|_| !operations::is_of_a_newer_release(row))?;
        Some(Damaged::Operation { id: row::shown(row, "id") })
    }),
    ("SELECT vcenter_id, kind, moref, object_type, document, hash FROM objects", |row| {
        inventory::object(row).err()?;
        let what = format!("{} {}", row::shown(row, "kind"), row::shown(row, "moref"));
        Some(Damaged::Inventory { vcenter: vcenter(row), what })
    }),
    ("SELECT vcenter_id, kind, scope, synced_at FROM coverage", |row| {
        inventory::coverage(row).err()?;
        Some(Damaged::Inventory {
            vcenter: vcenter(row),
            what: format!("the age of {}", row::shown(row, "kind")),
        })
    }),
];

fn vcenter(row: &DbRow) -> VcenterId {
    VcenterId(row.try_get("vcenter_id").unwrap_or_else(|_| row::shown(row, "vcenter_id")))
}
