//! What health rules found and since when, and what people set about the rules.
//! Refuses to judge: it keeps what the service found.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::engine::{DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::{happened, row};
use contract::health::{Level, Limits, Scope, Waiver};
use contract::policy::Happened;
use contract::{Kind, Moref, Subject, Time, VcenterId};
use serde_json::json;
use sqlx::Row;
use std::collections::{BTreeSet, HashMap};

/// Findings that are written in one transaction.
const STEP: usize = 2_000;

/// Which finding: of a rule, about an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FindingKey {
    /// Id of the rule.
    pub rule: String,
    /// Kind of the object.
    pub kind: Kind,
    /// The object.
    pub moref: Moref,
}

/// What is found now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNow {
    /// What.
    pub key: FindingKey,
    /// Name of the object.
    pub name: String,
    /// How bad it is.
    pub level: Level,
    /// Since when, where it wasn't known before.
    pub since: Time,
    /// For how long it has to be so before it is reported, in milliseconds.
    pub held_ms: i64,
}

impl FoundNow {
    /// When it is reported, where it wasn't known before.
    fn due_at(&self) -> Time {
        Time(self.since.0.saturating_add(self.held_ms))
    }
}

impl Store {
    /// Since when what of a vCenter is found now.
    pub async fn findings_since(
        &self,
        vcenter: &VcenterId,
    ) -> Result<HashMap<FindingKey, (Time, Level)>, Error> {
        let attempt = self.attempt("reading findings");
        let rows = sqlx::query(
            "SELECT rule, kind, moref, level, since FROM findings WHERE vcenter_id = $1 AND ended_at IS NULL",
        )
        .bind(vcenter.as_str())
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        let known = row::readable("a finding is left out", &rows, |row| {
            Ok((key(row)?, (Time(row.try_get("since")?), row::from_word(row.try_get("level")?)?)))
        });
        Ok(known.into_iter().collect())
    }

    /// Writes what is found of a vCenter now: what is new begins, what isn't found any more has ended.
    pub async fn record_findings(
        &self,
        vcenter: &VcenterId,
        found: Vec<FoundNow>,
        now: Time,
    ) -> Result<(), Error> {
        let mut known = self.findings_since(vcenter).await?;
        // With when it is reported: of what is known at once, as another level.
        let changed: Vec<(FoundNow, Time)> = found
            .into_iter()
            .filter_map(|one| match known.remove(&one.key) {
                None => {
                    let at = one.due_at();
                    Some((one, at))
                }
                Some((since, level)) => (level != one.level).then_some((one, since)),
            })
            .collect();
        let ended: Vec<FindingKey> = known.into_keys().collect();
        let attempt = self.attempt("writing findings");
        for step in changed.chunks(STEP) {
            let mut tx = self.engine().write(attempt).await?;
            for (one, _) in step {
                begin(&mut tx, vcenter, one, attempt).await?;
            }
            let began: BTreeSet<(Time, Level)> = step.iter().map(|(one, at)| (*at, one.level)).collect();
            for (at, level) in began {
                let note = happened::note(&mut tx, Happened::Finding, vcenter, at, level.name());
                note.await.during(attempt)?;
            }
            tx.commit().await.during(attempt)?;
        }
        for step in ended.chunks(STEP) {
            let mut tx = self.engine().write(attempt).await?;
            for key in step {
                sqlx::query(
                    "UPDATE findings SET ended_at = $1 \
                     WHERE vcenter_id = $2 AND rule = $3 AND kind = $4 AND moref = $5 AND ended_at IS NULL",
                )
                .bind(now.0)
                .bind(vcenter.as_str())
                .bind(&key.rule)
                .bind(key.kind.name())
                .bind(&*key.moref)
                .execute(&mut *tx)
                .await
                .during(attempt)?;
            }
            tx.commit().await.during(attempt)?;
        }
        Ok(())
    }

    /// Forgets findings that ended before a time, some at once; answers with how many went.
    pub async fn forget_findings(&self, before: Time) -> Result<u64, Error> {
        const OLD: &str = "DELETE FROM findings WHERE rowid IN \
            (SELECT rowid FROM findings WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)";
        let attempt = self.attempt("forgetting old findings");
        let mut tx = self.engine().write(attempt).await?;
        let deleted = sqlx::query(OLD).bind(before.0).bind(STEP as i64);
        let gone = deleted.execute(&mut *tx).await.during(attempt)?.rows_affected();
        tx.commit().await.during(attempt)?;
        Ok(gone)
    }

    /// The levels that somebody set.
    pub async fn health_limits(&self) -> Result<Vec<Limits>, Error> {
        let attempt = self.attempt("reading thresholds");
        let rows = sqlx::query(
            "SELECT * FROM health_limits WHERE vcenter_id IS NULL \
             OR vcenter_id IN (SELECT id FROM vcenters WHERE removed_at IS NULL) ORDER BY rule, scope",
        )
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("a threshold is left out", &rows, limits))
    }

    /// Sets the levels of a rule for a scope; `None` takes back what was set.
    pub async fn set_health_limits(
        &self,
        rule: &str,
        scope: &Scope,
        levels: Option<&Limits>,
    ) -> Result<(), Error> {
        let attempt = self.attempt("setting a threshold");
        let mut tx = self.engine().write(attempt).await?;
        let text = row::json(scope).during(attempt)?;
        let found = sqlx::query("SELECT * FROM health_limits WHERE rule = $1 AND scope = $2")
            .bind(rule)
            .bind(&text)
            .fetch_optional(&mut *tx)
            .await
            .during(attempt)?;
        let before = found.as_ref().and_then(|row| limits(row).ok());
        sqlx::query("DELETE FROM health_limits WHERE rule = $1 AND scope = $2")
            .bind(rule)
            .bind(&text)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        if let Some(set) = levels {
            sqlx::query(
                "INSERT INTO health_limits (rule, scope, levels, vcenter_id) VALUES ($1, $2, $3, $4)",
            )
            .bind(rule)
            .bind(&text)
            .bind(row::json(&set.levels).during(attempt)?)
            .bind(scope.vcenter().map(VcenterId::as_str))
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        }
        let entry = Entry::done(Subject::rule(rule)).before(&before).after(&levels);
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Health, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Every waiver, those that have ended too, the newest first.
    pub async fn waivers(&self) -> Result<Vec<Waiver>, Error> {
        let attempt = self.attempt("reading waivers");
        let rows = sqlx::query(
            "SELECT * FROM waivers WHERE vcenter_id IS NULL \
             OR vcenter_id IN (SELECT id FROM vcenters WHERE removed_at IS NULL) ORDER BY at DESC, id",
        )
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("a waiver is left out", &rows, waiver))
    }

    /// Adds a waiver.
    pub async fn add_waiver(&self, waiver: &Waiver) -> Result<(), Error> {
        let attempt = self.attempt("adding a waiver");
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query(
            "INSERT INTO waivers (id, rule, scope, vcenter_id, reason, until, at, made_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&waiver.id)
        .bind(&waiver.rule)
        .bind(row::json(&waiver.scope).during(attempt)?)
        .bind(waiver.scope.vcenter().map(VcenterId::as_str))
        .bind(&waiver.reason)
        .bind(waiver.until.map(|time| time.0))
        .bind(waiver.at.0)
        .bind(&waiver.by)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.record(&mut tx, Entry::done(Subject::rule(&waiver.rule)).after(waiver), attempt).await?;
        self.note(&mut tx, Topic::Health, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Takes a waiver back; `None` if there is none.
    pub async fn remove_waiver(&self, id: &str) -> Result<Option<Waiver>, Error> {
        let attempt = self.attempt("removing a waiver");
        let mut tx = self.engine().write(attempt).await?;
        let found = sqlx::query("DELETE FROM waivers WHERE id = $1 RETURNING *")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await
            .during(attempt)?;
        let Some(found) = found else { return Ok(None) };
        let removed = waiver(&found).during(attempt)?;
        let entry = Entry::done(Subject::rule(&removed.rule)).before(&removed).after(&json!(null));
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Health, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(Some(removed))
    }
}

async fn begin(
    tx: &mut Tx,
    vcenter: &VcenterId,
    found: &FoundNow,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    // Of one that is known only level and name change; since when stays.
    sqlx::query(
        "INSERT INTO findings (vcenter_id, rule, kind, moref, name, level, since, due_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (vcenter_id, rule, kind, moref) WHERE ended_at IS NULL \
         DO UPDATE SET level = excluded.level, name = excluded.name",
    )
    .bind(vcenter.as_str())
    .bind(&found.key.rule)
    .bind(found.key.kind.name())
    .bind(&*found.key.moref)
    .bind(&found.name)
    .bind(found.level.name())
    .bind(found.since.0)
    .bind(found.due_at().0)
    .execute(&mut **tx)
    .await
    .during(attempt)?;
    Ok(())
}

fn key(row: &DbRow) -> Result<FindingKey, sqlx::Error> {
    let moref: String = row.try_get("moref")?;
    Ok(FindingKey {
        rule: row.try_get("rule")?,
        kind: row::from_word(row.try_get("kind")?)?,
        moref: moref.into(),
    })
}

fn limits(row: &DbRow) -> Result<Limits, sqlx::Error> {
    let (scope, levels): (String, String) = (row.try_get("scope")?, row.try_get("levels")?);
    Ok(Limits {
        rule: row.try_get("rule")?,
        scope: row::from_json(&scope)?,
        levels: row::from_json(&levels)?,
    })
}

fn waiver(row: &DbRow) -> Result<Waiver, sqlx::Error> {
    let scope: String = row.try_get("scope")?;
    Ok(Waiver {
        id: row.try_get("id")?,
        rule: row.try_get("rule")?,
        scope: row::from_json(&scope)?,
        reason: row.try_get("reason")?,
        until: row::time(row.try_get("until")?),
        at: Time(row.try_get("at")?),
        by: row.try_get("made_by")?,
    })
}
