//! The audit log: what calls leave in it beside their changes, and the commands that read, check and prune it.
//! Refuses to be a reason to fail: what can't be recorded because the disk is full is logged. But for a contact: no server is
//! contacted in somebody's name without a row that says so, unless the database is only there to be read.

use crate::call::{Admitted, Answer, Handler};
use crate::export;
use crate::{Caller, Service, explain};
use contract::command::{AuditReceipt, Command, ExportAudit, Exported, ListAudit, PruneAudit, VerifyAudit};
use contract::{ApiError, AuditFilter, AuditOutcome, AuditRow, Code, Event, Subject};
use serde_json::Value;
use store::{Act, Entry};

/// Rows of one page at most: some hundred kilobytes.
const LARGEST_PAGE: u32 = 1_000;

impl Service {
    /// Records that a call begins.
    pub(crate) async fn announce(&self, act: &Act, subject: &Subject) -> Result<(), ApiError> {
        let entry = Entry { outcome: AuditOutcome::Accepted, ..Entry::done(subject.clone()) };
        self.append(act, entry).await.map_err(explain::store)
    }

    /// Records what came of a call that recorded nothing itself.
    pub(crate) async fn tell(
        &self,
        act: &Act,
        subject: &Subject,
        outcome: AuditOutcome,
        error: Option<&ApiError>,
    ) {
        self.record_or_log(act, Entry { outcome, error, ..Entry::done(subject.clone()) }).await;
    }

    /// Records what a command of the window's own program changed outside the database, or why it didn't.
    pub async fn note<C: Command>(
        &self,
        caller: &Caller,
        command: &C,
        change: Result<[Value; 2], &ApiError>,
    ) {
        let act = caller.act(C::NAME, self.now());
        let entry = Entry::done(command.subject());
        let entry = match change {
            Ok([before, after]) => entry.before(&before).after(&after),
            Err(error) => entry.failed(error),
        };
        self.record_or_log(&act, entry).await;
    }

    /// The same for what a call does where no transaction reaches, such as the keychain.
    pub(crate) async fn tell_outside(&self, subject: &Subject, outcome: AuditOutcome, what: &str) {
        let Some(act) = &self.act else { return };
        let entry = Entry { outcome, ..Entry::done(subject.clone()) };
        self.record_or_log(act, entry.after(&serde_json::json!({ "password": what }))).await;
    }

    async fn record_or_log(&self, act: &Act, entry: Entry<'_>) {
        if let Err(error) = self.append(act, entry).await {
            tracing::warn!(%error, "a row of the audit log could not be written");
        }
    }

    async fn append(&self, act: &Act, entry: Entry<'_>) -> Result<(), store::Error> {
        // A database that can't be written is read all the same, and so are servers.
        if self.inner.store.unwritable().is_some() {
            return Ok(());
        }
        self.inner.store.record_alone(act, entry).await?;
        self.inner.events.publish(Event::AuditChanged);
        Ok(())
    }
}

impl Handler for ListAudit {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let limit = self.limit.clamp(1, LARGEST_PAGE);
        let page = call.inner.store.audit(&self.filter, self.before, limit, call.now()).await;
        page.map_err(explain::store)
    }
}

impl Handler for VerifyAudit {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.verify_audit(self.receipt).await.map_err(explain::store)
    }
}

impl Handler for AuditReceipt {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.audit_head(call.now()).await.map_err(explain::store)
    }
}

impl Handler for PruneAudit {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let pruned = call.store().prune_audit((self.through, self.rows), &self.hash, &self.file).await;
        pruned.map_err(explain::store)?.ok_or_else(|| {
            let message = "these are not the rows that were exported, or an operation among them still runs; nothing was removed";
            ApiError::new(Code::ChangedMeanwhile, message).next("Wait until it has ended, and export the audit log again.")
        })
    }
}

impl Handler for ExportAudit {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let rows = call.every(&self.filter).await?;
        if rows.is_empty() {
            let error = ApiError::new(Code::NotFound, "no row of the audit log matches; nothing was written");
            return Err(error.next("Change the filter, then export again."));
        }
        let ending = if self.csv { "csv" } else { "jsonl" };
        let text = if self.csv { as_csv(&rows) } else { as_json_lines(&rows) };
        let path = export::file::download("audit log", ending, text, call.now()).await?;
        Ok(Exported { path, rows: rows.len() })
    }
}

impl Service {
    /// All rows that match, oldest first.
    pub(crate) async fn every(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, ApiError> {
        let (mut rows, mut before) = (Vec::new(), None);
        loop {
            let page = self.inner.store.audit(filter, before, LARGEST_PAGE, self.now()).await;
            let page = page.map_err(explain::store)?;
            before = page.rows.last().map(|row| row.seq);
            rows.extend(page.rows);
            if !page.has_more {
                rows.reverse();
                return Ok(rows);
            }
        }
    }
}

/// One JSON object a line.
pub fn as_json_lines(rows: &[AuditRow]) -> String {
    // Texts, numbers and values that were JSON before: nothing of it can fail to be.
    rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default() + "\n").collect()
}

/// A table for spreadsheets.
pub fn as_csv(rows: &[AuditRow]) -> String {
    const TITLES: [&str; 16] = [
        "seq",
        "at",
        "actor",
        "host",
        "origin",
        "role",
        "command",
        "subject_kind",
        "subject",
        "subject_id",
        "before",
        "after",
        "outcome",
        "operation",
        "error",
        "hash",
    ];
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let json =
        |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let cells = |row: &AuditRow| {
        [
            row.seq.to_string(),
            row.at.to_string(),
            row.actor.clone(),
            row.host.clone(),
            row.origin.clone(),
            row.role.clone(),
            row.command.clone(),
            row.subject_kind.clone(),
            text(&row.subject),
            text(&row.subject_id),
            json(&row.before),
            json(&row.after),
            row.outcome.clone(),
            row.operation.as_ref().map(ToString::to_string).unwrap_or_default(),
            text(&row.error),
            row.hash.clone(),
        ]
    };
    export::texts(TITLES, rows.iter().map(cells))
}
