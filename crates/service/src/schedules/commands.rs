//! The commands on schedules.
//! Refuse to decide anything: each is one thing that the schedules do.

use crate::call::{Admitted, Answer, Handler};
use crate::discovery::may_trust;
use contract::command::*;

impl Handler for ListSchedules {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.list().await
    }
}

impl Handler for ShowSchedule {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.show(&self.schedule).await
    }
}

impl Handler for AddSchedule {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        may_trust(&call, self.settings.job.scan()).await?;
        call.schedules().add(self.settings).await
    }
}

impl Handler for EditSchedule {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        may_trust(&call, self.settings.job.scan()).await?;
        call.schedules().edit(&self.schedule, self.edition, self.settings).await
    }
}

impl Handler for EnableSchedule {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        if self.enabled {
            let schedule = call.inner.schedules.shown(&self.schedule).await?;
            may_trust(&call, schedule.job.scan()).await?;
        }
        call.schedules().enable(&self.schedule, self.enabled).await
    }
}

impl Handler for RemoveSchedule {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.schedules().remove(&self.schedule).await
    }
}

impl Handler for NextRuns {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.next(self.schedule, self.count).await
    }
}

impl Handler for ShowCalendar {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.calendar(self.days).await
    }
}

impl Handler for PreviewSchedule {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.schedules.preview(&self.settings, self.count).await
    }
}
