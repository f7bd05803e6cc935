//! The estate at a glance, out of what is cached.
//! Refuses to contact anything, and to start a refresh: it says how old each part of it is.

use crate::call::{Admitted, Answer, Handler};
use crate::{Service, explain};
use contract::command::ShowOverview;
use contract::{ApiError, Overview, RecentChanges, Time};
use store::{VcenterRecord, aside};

/// How far back it tells of what changed.
const A_DAY: i64 = 24 * 60 * 60 * 1000;

/// Runs of schedules that it tells of.
const NEXT_RUNS: usize = 5;

impl Handler for ShowOverview {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.overview().await
    }
}

impl Service {
    pub(crate) async fn overview(&self) -> Result<Overview, ApiError> {
        let mut inventories = Vec::new();
        for VcenterRecord { vcenter, .. } in self.records().await? {
            let snapshot = self.inner.inventory.read(&vcenter.id).await?;
            inventories.push((vcenter, snapshot));
        }
        let now = self.now();
        let recorded = self.inner.store.recorded_since(Time(now.0.saturating_sub(A_DAY))).await;
        let recorded = recorded.map_err(explain::store)?;
        let changes = inventories.iter().filter_map(|(vcenter, _)| {
            let (_, recorded) = recorded.iter().find(|(id, _)| *id == vcenter.id)?;
            let (name, id) = (vcenter.name.clone(), vcenter.id.clone());
            Some(RecentChanges { vcenter: name, vcenter_id: id, recorded: *recorded })
        });
        let changes = changes.collect();
        let next_runs = self.inner.schedules.next_of_each(NEXT_RUNS).await?;
        // What is computed of a snapshot for the first time takes milliseconds that other tasks need not wait.
        let computed = aside(move || Overview::of(&inventories, now)).await;
        Ok(Overview { changes, next_runs, ..computed })
    }
}
