//! Schedules and when they are due: stored, edited, and moved on when they start something.
//! Refuses to compute a time: the service does.

use crate::changes::Topic;
use crate::engine::{DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::names::{self, Among};
use crate::queue::{NewOperation, Submitted};
use crate::{Store, edition, row};
use contract::{
    OperationId, OperationState, ScheduleId, ScheduleSettings, ScheduledJob, Subject, Time, Timing, VcenterId,
};
use serde_json::{Value, json};
use sqlx::Row;
use std::collections::HashMap;

/// Every schedule, as `record` reads it.
pub(crate) const ALL: &str = "SELECT * FROM schedules ORDER BY name_key";

/// A schedule as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRecord {
    /// Its id.
    pub id: ScheduleId,
    /// What is set for it; its time zone is.
    pub settings: ScheduleSettings,
    /// Whether it is on.
    pub enabled: bool,
    /// Raised by each edit.
    pub edition: i64,
}

/// When a schedule is due next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextRun {
    /// The time.
    pub at: Time,
    /// Why then, in words, where that was learned.
    pub reason: Option<String>,
}

impl From<Time> for NextRun {
    fn from(at: Time) -> NextRun {
        NextRun { at, reason: None }
    }
}

/// When a schedule is due on a vCenter, or about none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRun {
    /// The next time.
    pub next_at: Time,
    /// Why then, in words, where that was learned.
    pub reason: Option<String>,
    /// What it started there last.
    pub operation: Option<OperationId>,
    /// Whether the process that ran that ended before it was done.
    pub is_interrupted: bool,
}

/// What a schedule is due on: a vCenter, or none.
pub type RunOf = (ScheduleId, Option<VcenterId>);

/// What is due of every schedule.
pub type PlannedRuns = HashMap<RunOf, PlannedRun>;

/// First times on vCenters, or about none.
pub type FirstRuns<'a> = &'a [(Option<VcenterId>, NextRun)];

/// A run that is due, as whoever starts it has seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRun {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The edition of it that was looked at.
    pub edition: i64,
    /// When it was due.
    pub seen: Time,
    /// When it is due after this.
    pub next: NextRun,
}

impl Store {
    /// Every schedule that can be read, by name.
    pub async fn schedules(&self) -> Result<Vec<ScheduleRecord>, Error> {
        let attempt = self.attempt("reading the schedules");
        let mut tx = self.engine().read(attempt).await?;
        let chosen = sqlx::query(
            "SELECT s.schedule_id, s.vcenter_id FROM schedule_vcenters s \
             JOIN vcenters v ON v.id = s.vcenter_id AND v.removed_at IS NULL ORDER BY s.vcenter_id",
        )
        .fetch_all(&mut *tx)
        .await
        .during(attempt)?;
        let mut of: HashMap<String, Vec<VcenterId>> = HashMap::new();
        for (schedule, vcenter) in row::readable("a vCenter of a schedule is left out", &chosen, |row| {
            Ok((row.try_get("schedule_id")?, VcenterId(row.try_get("vcenter_id")?)))
        }) {
            of.entry(schedule).or_default().push(vcenter);
        }
        let rows = sqlx::query(ALL).fetch_all(&mut *tx).await;
        let rows = rows.during(attempt)?;
        let schedules = row::readable("a schedule is left out", &rows, record);
        let with_vcenters = |mut one: ScheduleRecord| {
            one.settings.vcenters = of.remove(one.id.as_str()).unwrap_or_default();
            one
        };
        Ok(schedules.into_iter().map(with_vcenters).collect())
    }

    /// When schedules are due.
    pub async fn planned_runs(&self) -> Result<PlannedRuns, Error> {
        let attempt = self.attempt("reading when schedules are due");
        let rows = sqlx::query(
            "SELECT r.*, EXISTS (SELECT 1 FROM operations o WHERE o.id = r.operation_id AND o.state = $1) \
             AS is_interrupted FROM schedule_runs r LEFT JOIN vcenters v ON v.id = r.vcenter_id \
             WHERE r.vcenter_id IS NULL OR v.removed_at IS NULL",
        );
        let rows = rows.bind(OperationState::Interrupted.name()).fetch_all(self.engine().readers()).await;
        let rows = rows.during(attempt)?;
        let read = row::readable("a planned run is left out", &rows, |row| {
            let vcenter: Option<String> = row.try_get("vcenter_id")?;
            let of = (ScheduleId(row.try_get("schedule_id")?), vcenter.map(VcenterId));
            let operation: Option<String> = row.try_get("operation_id")?;
            let next_at = Time(row.try_get("next_at")?);
            let is_interrupted = row.try_get("is_interrupted")?;
            let (operation, reason) = (operation.map(OperationId), row.try_get("reason")?);
            Ok((of, PlannedRun { next_at, reason, operation, is_interrupted }))
        });
        Ok(read.into_iter().collect())
    }

    /// Adds a schedule, which is on.
    pub async fn add_schedule(
        &self,
        id: &ScheduleId,
        settings: &ScheduleSettings,
        first: FirstRuns<'_>,
    ) -> Result<(), Error> {
        let attempt = self.attempt_on("adding schedule", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        names::is_free(&mut tx, Among::Schedules, &settings.name, id.as_str(), attempt).await?;
        let insert = "INSERT INTO schedules (name, name_key, tag, every_seconds, cron, zone, quiet, job, scan, smart, id) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        write(&mut tx, insert, settings, id).await.during(attempt)?;
        choose(&mut tx, id, settings).await.during(attempt)?;
        plan(&mut tx, id, first).await.during(attempt)?;
        self.note(&mut tx, Topic::Schedules, id.as_str()).await.during(attempt)?;
        self.record_schedule(&mut tx, id, None, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Records what became of a schedule.
    async fn record_schedule(
        &self,
        tx: &mut Tx,
        id: &ScheduleId,
        before: Option<Value>,
        attempt: Attempt<'_>,
    ) -> Result<(), Error> {
        let after = told(tx, id).await.during(attempt)?;
        self.record_change(tx, Subject::schedule(id), (before, after), attempt).await
    }

    /// Changes a schedule from the edition that the edit was made from to the next one. Where it is to be planned anew, what
    /// was planned is forgotten.
    pub async fn edit_schedule(
        &self,
        to: &ScheduleRecord,
        anew: bool,
        first: FirstRuns<'_>,
    ) -> Result<(), Error> {
        let (id, settings) = (&to.id, &to.settings);
        let attempt = self.attempt_on("changing schedule", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        raise(&mut tx, to, attempt).await?;
        names::is_free(&mut tx, Among::Schedules, &settings.name, id.as_str(), attempt).await?;
        let update = "UPDATE schedules SET name = $1, name_key = $2, tag = $3, every_seconds = $4, cron = $5, \
                      zone = $6, quiet = $7, job = $8, scan = $9, smart = $10 WHERE id = $11";
        write(&mut tx, update, settings, id).await.during(attempt)?;
        choose(&mut tx, id, settings).await.during(attempt)?;
        if anew {
            // What it started last is still the last.
            for (vcenter, next) in first {
                sqlx::query(
                    "UPDATE schedule_runs SET next_at = $1, reason = $4 WHERE schedule_id = $2 AND vcenter_id IS $3",
                )
                .bind(next.at.0)
                .bind(id.as_str())
                .bind(of(vcenter))
                .bind(&next.reason)
                .execute(&mut *tx)
                .await
                .during(attempt)?;
            }
        }
        forget_others(&mut tx, id, first).await.during(attempt)?;
        plan(&mut tx, id, first).await.during(attempt)?;
        self.note(&mut tx, Topic::Schedules, id.as_str()).await.during(attempt)?;
        self.record_schedule(&mut tx, id, before, attempt).await?;
        tx.commit().await.during(attempt)
    }

    /// Removes a schedule.
    pub async fn remove_schedule(&self, id: &ScheduleId) -> Result<(), Error> {
        let attempt = self.attempt_on("removing schedule", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let before = told(&mut tx, id).await.during(attempt)?;
        let delete = sqlx::query("DELETE FROM schedules WHERE id = $1").bind(id.as_str());
        if delete.execute(&mut *tx).await.during(attempt)?.rows_affected() == 0 {
            return Err(not_found(id));
        }
        self.record_schedule(&mut tx, id, before, attempt).await?;
        self.note(&mut tx, Topic::Schedules, id.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Plans what is not planned yet, as on a vCenter that was given the tag of a schedule.
    pub async fn plan_runs(&self, schedule: &ScheduleId, first: FirstRuns<'_>) -> Result<(), Error> {
        let attempt = self.attempt_on("planning schedule", schedule.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM schedules WHERE id = $1)")
            .bind(schedule.as_str())
            .fetch_one(&mut *tx)
            .await
            .during(attempt)?;
        if known {
            plan(&mut tx, schedule, first).await.during(attempt)?;
            self.note(&mut tx, Topic::Schedules, schedule.as_str()).await.during(attempt)?;
        }
        tx.commit().await.during(attempt)
    }

    /// Plans a run for another time than the one that was seen, if that is still so; nothing is started.
    pub async fn replan_run(&self, run: &DueRun, vcenter: Option<&VcenterId>) -> Result<bool, Error> {
        let attempt = self.attempt_on("planning schedule", run.schedule.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let moved = advance(&mut tx, run, vcenter).await.during(attempt)?;
        if moved {
            self.note(&mut tx, Topic::Schedules, run.schedule.as_str()).await.during(attempt)?;
        }
        tx.commit().await.during(attempt)?;
        Ok(moved)
    }

    /// Queues the operation of a run and plans the next one, both or neither. `None` if somebody else did it, or the schedule is
    /// another one by now.
    pub async fn submit_due(&self, new: NewOperation, run: &DueRun) -> Result<Option<Submitted>, Error> {
        let attempt = self.attempt_on("starting a run of schedule", run.schedule.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let vcenter = new.vcenter_id.as_ref();
        if !advance(&mut tx, run, vcenter).await.during(attempt)? {
            return Ok(None);
        }
        let submitted = self.submit_in(&mut tx, &new, attempt).await?;
        sqlx::query("UPDATE schedule_runs SET operation_id = $1 WHERE schedule_id = $2 AND vcenter_id IS $3")
            .bind(submitted.id.as_str())
            .bind(run.schedule.as_str())
            .bind(vcenter.map(VcenterId::as_str))
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        self.note(&mut tx, Topic::Schedules, run.schedule.as_str()).await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(Some(submitted))
    }
}

/// A schedule as the audit log has it: its vCenters by their names.
async fn told(tx: &mut Tx, id: &ScheduleId) -> Result<Option<Value>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM schedules WHERE id = $1").bind(id.as_str());
    let Some(row) = row.fetch_optional(&mut **tx).await? else { return Ok(None) };
    let chosen = "SELECT v.name FROM schedule_vcenters s JOIN vcenters v ON v.id = s.vcenter_id \
                  WHERE s.schedule_id = $1 AND v.removed_at IS NULL ORDER BY v.name_key";
    let chosen: Vec<String> = sqlx::query_scalar(chosen).bind(id.as_str()).fetch_all(&mut **tx).await?;
    Ok(record(&row).ok().and_then(|record| {
        let mut told = serde_json::to_value(&record.settings).ok()?;
        told["vcenters"] = json!(chosen);
        told["enabled"] = json!(record.enabled);
        Some(told)
    }))
}

/// Moves a run on, unless another process has, or the schedule was edited or turned off since it was looked at.
async fn advance(tx: &mut Tx, run: &DueRun, vcenter: Option<&VcenterId>) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "UPDATE schedule_runs SET next_at = $1, reason = $6 WHERE schedule_id = $2 AND vcenter_id IS $3 AND next_at = $4 \
         AND EXISTS (SELECT 1 FROM schedules WHERE id = $2 AND edition = $5 AND enabled = 1)",
    )
    .bind(run.next.at.0)
    .bind(run.schedule.as_str())
    .bind(vcenter.map(VcenterId::as_str))
    .bind(run.seen.0)
    .bind(run.edition)
    .bind(&run.next.reason)
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Raises the edition that an edit was made from, and turns the schedule on or off.
async fn raise(tx: &mut Tx, to: &ScheduleRecord, attempt: Attempt<'_>) -> Result<(), Error> {
    let sql = "SELECT edition FROM schedules WHERE id = $1";
    edition::is_current(tx, sql, ("schedule", to.id.as_str()), to.edition, attempt).await?;
    sqlx::query("UPDATE schedules SET edition = $1, enabled = $2 WHERE id = $3")
        .bind(to.edition.saturating_add(1))
        .bind(to.enabled)
        .bind(to.id.as_str())
        .execute(&mut **tx)
        .await
        .during(attempt)
        .map(drop)
}

/// Runs what writes the settings of a schedule, whose id comes last.
async fn write(
    tx: &mut Tx,
    sql: &'static str,
    settings: &ScheduleSettings,
    id: &ScheduleId,
) -> Result<(), sqlx::Error> {
    let (every, cron) = match &settings.when {
        Timing::EverySeconds(seconds) => (Some(row::signed(*seconds)), None),
        Timing::Cron(expression) => (None, Some(expression)),
    };
    sqlx::query(sql)
        .bind(&settings.name)
        .bind(row::name_key(&settings.name))
        .bind(&settings.tag)
        .bind(every)
        .bind(cron)
        .bind(settings.zone.as_deref().unwrap_or("UTC"))
        .bind(&settings.quiet)
        .bind(settings.job.name())
        .bind(settings.job.scan().map(row::json).transpose()?)
        .bind(settings.smart)
        .bind(id.as_str())
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Notes which vCenters were chosen, as far as they are there. Who was chosen and removed a moment ago stays, for the case that
/// it is brought back; not where the schedule is about none by now.
async fn choose(tx: &mut Tx, id: &ScheduleId, settings: &ScheduleSettings) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM schedule_vcenters WHERE schedule_id = $1 \
         AND (NOT $2 OR vcenter_id NOT IN (SELECT id FROM vcenters WHERE removed_at IS NOT NULL))",
    )
    .bind(id.as_str())
    .bind(settings.job.is_on_vcenters())
    .execute(&mut **tx)
    .await?;
    for vcenter in &settings.vcenters {
        sqlx::query("INSERT OR IGNORE INTO schedule_vcenters SELECT $1, id FROM vcenters WHERE id = $2")
            .bind(id.as_str())
            .bind(vcenter.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Forgets what was planned on vCenters that the schedule is no longer for, but for those that may be brought back.
async fn forget_others(tx: &mut Tx, id: &ScheduleId, first: FirstRuns<'_>) -> Result<(), sqlx::Error> {
    let planned: Vec<Option<String>> = sqlx::query_scalar(
        "SELECT r.vcenter_id FROM schedule_runs r LEFT JOIN vcenters v ON v.id = r.vcenter_id \
             WHERE r.schedule_id = $1 AND (r.vcenter_id IS NULL OR v.removed_at IS NULL)",
    )
    .bind(id.as_str())
    .fetch_all(&mut **tx)
    .await?;
    for vcenter in planned.iter().filter(|known| !first.iter().any(|(one, _)| of(one) == known.as_deref())) {
        sqlx::query("DELETE FROM schedule_runs WHERE schedule_id = $1 AND vcenter_id IS $2")
            .bind(id.as_str())
            .bind(vcenter)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Plans what is not planned yet.
async fn plan(tx: &mut Tx, id: &ScheduleId, first: FirstRuns<'_>) -> Result<(), sqlx::Error> {
    for (vcenter, next) in first {
        sqlx::query(
            "INSERT OR IGNORE INTO schedule_runs (schedule_id, vcenter_id, next_at, reason) \
             SELECT $1, $3, $2, $4 WHERE $3 IS NULL OR EXISTS (SELECT 1 FROM vcenters WHERE id = $3)",
        )
        .bind(id.as_str())
        .bind(next.at.0)
        .bind(of(vcenter))
        .bind(&next.reason)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// What stands for what a run is of.
fn of(vcenter: &Option<VcenterId>) -> Option<&str> {
    vcenter.as_ref().map(VcenterId::as_str)
}

pub(crate) fn record(row: &DbRow) -> Result<ScheduleRecord, sqlx::Error> {
    let when = match (row.try_get::<Option<i64>, _>("every_seconds")?, row.try_get("cron")?) {
        (Some(seconds), None) => Timing::EverySeconds(row::unsigned(seconds)),
        (None, Some(expression)) => Timing::Cron(expression),
        _ => return Err(sqlx::Error::Decode("a schedule without a time".into())),
    };
    let job: String = row.try_get("job")?;
    let job = match row.try_get::<Option<String>, _>("scan")? {
        Some(scan) => Some(ScheduledJob::Scan(row::from_json(&scan)?)),
        None => ScheduledJob::from_name(&job),
    };
    let settings = ScheduleSettings {
        name: row.try_get("name")?,
        vcenters: Vec::new(),
        tag: row.try_get("tag")?,
        when,
        zone: Some(row.try_get("zone")?),
        job: job.ok_or_else(|| sqlx::Error::Decode("a schedule of an unknown job".into()))?,
        quiet: row.try_get("quiet")?,
        smart: row.try_get("smart")?,
    };
    Ok(ScheduleRecord {
        id: ScheduleId(row.try_get("id")?),
        settings,
        enabled: row.try_get("enabled")?,
        edition: row.try_get("edition")?,
    })
}

fn not_found(id: &ScheduleId) -> Error {
    Error::NotFound { what: "schedule", id: id.to_string() }
}
