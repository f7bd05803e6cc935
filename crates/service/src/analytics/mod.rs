//! Analytics: how syncs went, what calls and the cache did, where capacity leads. Read from what was measured, in one go each.
//! Refuses to contact anything, and to read the clock where numbers are computed: time is an input there.

mod calls;
mod capacity;
mod csv;
mod findings;
mod sampling;
mod steps;
mod syncs;
mod trend;

pub(crate) use sampling::{note, sample};

use crate::call::{Admitted, Answer, Handler};
use crate::export::file;
use crate::{Service, explain};
use capacity::Known;
use contract::analytics::{
    Analysis, CallAnalytics, CapacityAnalytics, FindingAnalytics, Span, SyncAnalytics, What,
};
use contract::command::{
    AnalyzeCalls, AnalyzeCapacity, AnalyzeFindings, AnalyzeSyncs, ExportAnalytics, Exported,
};
use contract::{ApiError, Kind, Time, VcenterId};
use std::collections::BTreeMap;
use steps::Steps;
use store::{Length, Part, aside};

/// Names of vCenters.
type Names = BTreeMap<VcenterId, String>;

/// How far before a window capacity counts as known, until there is a newer sample.
const BEFORE: i64 = 7 * 86_400_000;

/// How far back a trend looks.
const TREND: i64 = 90 * 86_400_000;

impl Service {
    /// The vCenters that are asked about.
    async fn scope(&self, scope: &What) -> Result<Names, ApiError> {
        let wanted: Vec<VcenterId> = scope.vcenter.iter().cloned().collect();
        let records = self.chosen(&wanted).await?;
        Ok(records.into_iter().map(|record| (record.vcenter.id, record.vcenter.name)).collect())
    }

    async fn analyze_syncs(&self, scope: &What) -> Result<SyncAnalytics, ApiError> {
        let (names, now) = (self.scope(scope).await?, self.now());
        let steps = Steps::of(scope.window, Analysis::Syncs, now);
        let store = &self.inner.store;
        let measures = store.measured(scope.vcenter.as_ref(), steps.length, steps.from);
        let measures = measures.await.map_err(explain::store)?;
        let first = measures.iter().map(|one| one.at).min();
        let span = self.span(scope, &steps, first, now).await?;
        let kind = scope.kind;
        Ok(aside(move || syncs::analytics(&measures, &names, &steps, span, kind)).await)
    }

    async fn analyze_calls(&self, scope: &What) -> Result<CallAnalytics, ApiError> {
        let (names, now) = (self.scope(scope).await?, self.now());
        let steps = Steps::of(scope.window, Analysis::Calls, now);
        let (store, vcenter) = (&self.inner.store, scope.vcenter.as_ref());
        let measures = store.measured(vcenter, steps.length, steps.from).await.map_err(explain::store)?;
        // What a refresh costs is told by more than the window: within a day there may be none.
        let since = Length::Day.of(Time(now.0.saturating_sub(TREND)));
        let costs = store.measured(vcenter, Length::Day, since).await.map_err(explain::store)?;
        let reads = store.cache_reads(steps.from.0 / Length::Hour.millis()).await.map_err(explain::store)?;
        let first = measures.iter().map(|one| one.at);
        let read = reads.iter().filter(|(id, ..)| names.contains_key(id));
        let first = first.chain(read.map(|(_, hour, ..)| Time(hour * Length::Hour.millis()))).min();
        let span = self.span(scope, &steps, first, now).await?;
        Ok(aside(move || {
            let prices = calls::prices(&costs);
            calls::analytics(&measures, &reads, &prices, &names, &steps, span)
        })
        .await)
    }

    async fn analyze_capacity(&self, scope: &What) -> Result<CapacityAnalytics, ApiError> {
        let (names, now) = (self.scope(scope).await?, self.now());
        let steps = Steps::of(scope.window, Analysis::Capacity, now);
        let (store, vcenter) = (&self.inner.store, scope.vcenter.as_ref());
        let before = |time: Time, millis| Time(time.0.saturating_sub(millis));
        let samples = store.samples(vcenter, steps.length, before(steps.from, BEFORE)).await;
        let samples = samples.map_err(explain::store)?;
        let days = store.samples(vcenter, Length::Day, Length::Day.of(before(now, TREND))).await;
        let days = days.map_err(explain::store)?;
        let first = samples.iter().map(|one| one.at).find(|at| *at >= steps.from);
        let mut span = self.span(scope, &steps, first, now).await?;
        span.known_since = days.first().map(|day| day.at).filter(|at| *at < steps.from).or(first);
        let part = Part { kinds: vec![Kind::Datastores], objects: Vec::new() };
        let mut known = Vec::with_capacity(names.len());
        for (id, name) in names {
            let snapshot = self.inner.inventory.part(&id, &part).await?.snapshot;
            known.push(Known { id, name, snapshot });
        }
        Ok(aside(move || capacity::analytics(&samples, &days, &known, &steps, span)).await)
    }

    async fn analyze_findings(&self, scope: &What) -> Result<FindingAnalytics, ApiError> {
        let (names, now) = (self.scope(scope).await?, self.now());
        let steps = Steps::of(scope.window, Analysis::Findings, now);
        let since = Time(steps.from.0.saturating_sub(BEFORE));
        let samples = self.inner.store.samples(scope.vcenter.as_ref(), steps.length, since).await;
        let samples = findings::noted(samples.map_err(explain::store)?, &names);
        let mut span = self.span(scope, &steps, None, now).await?;
        span.known_since = samples.first().map(|sample| sample.at);
        Ok(findings::analytics(&samples, &names, &steps, span))
    }

    /// The time that an answer is about; `first` is the earliest of it that anything is known of.
    async fn span(
        &self,
        scope: &What,
        steps: &Steps,
        first: Option<Time>,
        now: Time,
    ) -> Result<Span, ApiError> {
        let day = self.inner.store.measured_since(scope.vcenter.as_ref()).await.map_err(explain::store)?;
        Ok(Span {
            window: scope.window,
            from: steps.from,
            until: now,
            step_seconds: u64::try_from(steps.millis / 1000).unwrap_or_default(),
            // The first day began before anything was known: its first step is told by the shorter spans.
            known_since: day.filter(|day| *day < Length::Day.of(steps.from)).or(first),
        })
    }

    async fn export_analytics(&self, analysis: Analysis, scope: &What) -> Result<Exported, ApiError> {
        let table = match analysis {
            Analysis::Syncs => csv::syncs(&self.analyze_syncs(scope).await?),
            Analysis::Calls => csv::calls(&self.analyze_calls(scope).await?),
            Analysis::Capacity => csv::capacity(&self.analyze_capacity(scope).await?),
            Analysis::Datastores => csv::datastores(&self.analyze_capacity(scope).await?),
            Analysis::Findings => csv::findings(&self.analyze_findings(scope).await?),
        };
        let name = format!("analytics {} {}", analysis.name(), scope.window.name());
        let path = file::download(&name, "csv", table.text, self.now()).await?;
        Ok(Exported { path, rows: table.rows })
    }
}

impl Handler for AnalyzeSyncs {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.analyze_syncs(&self.scope).await
    }
}

impl Handler for AnalyzeCalls {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.analyze_calls(&self.scope).await
    }
}

impl Handler for AnalyzeCapacity {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.analyze_capacity(&self.scope).await
    }
}

impl Handler for AnalyzeFindings {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.analyze_findings(&self.scope).await
    }
}

impl Handler for ExportAnalytics {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.export_analytics(self.analysis, &self.scope).await
    }
}
