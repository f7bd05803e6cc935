//! Property paths that a server refused, so that a sync doesn't ask for them each time.
//! Refuses to keep them for other releases than those that they were refused between.

use crate::Store;
use crate::error::{During, Error};
use crate::row;
use contract::VcenterId;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Paths by the name of their kind.
pub type RefusedPaths = BTreeMap<String, BTreeSet<String>>;

impl Store {
    /// What a vCenter refused while server and Muster were of these releases; empty if nothing or of others.
    pub async fn refused(&self, vcenter: &VcenterId, releases: &str) -> Result<RefusedPaths, Error> {
        let attempt = self.attempt_on("reading what was refused by vCenter", vcenter.as_str());
        let row = sqlx::query("SELECT paths FROM refused_paths WHERE vcenter_id = $1 AND releases = $2")
            .bind(vcenter.as_str())
            .bind(releases)
            .fetch_optional(self.engine().readers())
            .await
            .during(attempt)?;
        // What can't be read any more is found out again.
        Ok(row.and_then(|row| row::from_json(row.try_get("paths").ok()?).ok()).unwrap_or_default())
    }

    /// Keeps what a vCenter refuses, instead of what was kept before.
    pub async fn set_refused(
        &self,
        vcenter: &VcenterId,
        releases: &str,
        paths: &RefusedPaths,
    ) -> Result<(), Error> {
        let attempt = self.attempt_on("saving what was refused by vCenter", vcenter.as_str());
        if self.refused(vcenter, releases).await? == *paths {
            return Ok(());
        }
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query(
            "INSERT INTO refused_paths (vcenter_id, releases, paths) VALUES ($1, $2, $3) \
             ON CONFLICT (vcenter_id) DO UPDATE SET releases = excluded.releases, paths = excluded.paths",
        )
        .bind(vcenter.as_str())
        .bind(releases)
        .bind(row::json(paths).during(attempt)?)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        tx.commit().await.during(attempt)
    }
}
