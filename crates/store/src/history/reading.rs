//! Reads the changes and the steps of operations.
//! Refuses to answer with more than a page, and with what was not published.

use super::What;
use super::packing::{Packed, property, unpacked};
use crate::Store;
use crate::aside::read_rows;
use crate::engine::{DbRow, Tx};
use crate::error::{Attempt, During, Error};
use crate::row;
use contract::{ChangedObject, ChangesPage, Kind, Moref, ObjectChanges, OperationId, Recorded, Steps};
use serde_json::Value as Json;
use sqlx::Row as _;
use std::collections::BTreeSet;

/// How much is recorded of an operation.
pub(crate) fn recorded(row: &DbRow) -> Result<Option<Recorded>, sqlx::Error> {
    let number =
        |column: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(row::unsigned));
    let (added, changed, removed) =
        (number("recorded_added")?, number("recorded_changed")?, number("recorded_removed")?);
    Ok(added.zip(changed).zip(removed).map(|((added, changed), removed)| Recorded {
        added,
        changed,
        removed,
    }))
}

impl Store {
    /// The objects that an operation added, changed and removed, by that, kind and name: a page of them. None of one that
    /// published nothing.
    pub async fn changes_of(&self, id: &OperationId, skip: u32, limit: u32) -> Result<ChangesPage, Error> {
        let attempt = self.attempt_on("reading what was changed by operation", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let of = operation(&mut tx, id, attempt).await?;
        let Some(all) = recorded(&of).during(attempt)? else { return Ok(ChangesPage::default()) };
        let seq: i64 = of.try_get("seq").during(attempt)?;
        const PAGE: &str = "SELECT what, kind, moref, name, properties FROM operation_changes WHERE operation = $1 \
                            ORDER BY what, kind, name COLLATE NOCASE, moref LIMIT $2 OFFSET $3";
        let rows = sqlx::query(PAGE)
            .bind(seq)
            .bind(i64::from(limit) + 1)
            .bind(i64::from(skip))
            .fetch_all(&mut *tx)
            .await
            .during(attempt)?;
        const KEPT: &str = "SELECT what, COUNT(*) FROM operation_changes WHERE operation = $1 GROUP BY what";
        let numbers: Vec<(i64, i64)> =
            sqlx::query_as(KEPT).bind(seq).fetch_all(&mut *tx).await.during(attempt)?;
        let mut kept = Recorded::default();
        for (what, number) in numbers {
            if let Some(what) = What::from_number(what) {
                *what.count(&mut kept) = row::unsigned(number);
            }
        }
        let has_more = rows.len() > limit as usize;
        let rows = &rows[..rows.len().min(limit as usize)];
        let mut changes = ObjectChanges { more: all.without(kept), ..ObjectChanges::default() };
        for (what, object) in
            row::readable("a change is left out", rows, changed_object).into_iter().flatten()
        {
            match what {
                What::Added => changes.added.push(object),
                What::Changed => changes.changed.push(object),
                What::Removed => changes.removed.push(object),
            }
        }
        Ok(ChangesPage { changes, has_more })
    }

    /// What the history knows objects and their properties by: kind, column and text, each once. It remembers what is gone, and
    /// how something was called before.
    pub async fn recorded_texts(&self) -> Result<BTreeSet<(Kind, String, String)>, Error> {
        let attempt = self.attempt("reading the names in the history");
        let rows = sqlx::query("SELECT DISTINCT what, kind, moref, name, properties FROM operation_changes");
        let rows = read_rows(rows.fetch(self.engine().readers()), |row| changed_object(row).ok().flatten());
        let mut texts = BTreeSet::new();
        for (_, object) in rows.await.during(attempt)?.into_iter().flatten() {
            let ChangedObject { kind, name, properties, .. } = object;
            texts.extend(name.map(|name| (kind, "name".to_owned(), name)));
            for change in properties {
                for value in [change.old, change.new] {
                    let all = if let Json::Array(all) = value { all } else { vec![value] };
                    let all = all.into_iter().filter_map(|one| Some(one.as_str()?.to_owned()));
                    texts.extend(all.map(|text| (kind, change.property.clone(), text)));
                }
            }
        }
        Ok(texts)
    }

    /// The steps in which an operation ran, and what failed of it; nothing of one that never began, or ran in an earlier
    /// release.
    pub async fn steps_of(&self, id: &OperationId) -> Result<Steps, Error> {
        let attempt = self.attempt_on("reading the steps of operation", id.as_str());
        let mut tx = self.engine().read(attempt).await?;
        let of = operation(&mut tx, id, attempt).await?;
        let steps = of.try_get::<Option<&str>, _>("steps").and_then(|text| text.map(unpacked).transpose());
        Ok(row::or_unset("the steps of an operation", steps).unwrap_or_default())
    }
}

async fn operation(tx: &mut Tx, id: &OperationId, attempt: Attempt<'_>) -> Result<DbRow, Error> {
    const ONE: &str =
        "SELECT seq, recorded_added, recorded_changed, recorded_removed, steps FROM operations WHERE id = $1";
    let row = sqlx::query(ONE).bind(id.as_str()).fetch_optional(&mut **tx).await.during(attempt)?;
    row.ok_or_else(|| Error::NotFound { what: "operation", id: id.to_string() })
}

/// `None` for a kind that only a newer release knows.
fn changed_object(row: &DbRow) -> Result<Option<(What, ChangedObject)>, sqlx::Error> {
    let what = What::from_number(row.try_get("what")?);
    let Some((what, kind)) = what.zip(Kind::from_name(row.try_get("kind")?)) else { return Ok(None) };
    let properties: Vec<Packed> = match row.try_get::<Option<&str>, _>("properties")? {
        Some(text) => row::from_json(text)?,
        None => Vec::new(),
    };
    let (moref, name) = (row.try_get::<Moref, _>("moref")?, row.try_get("name")?);
    let properties = properties.into_iter().map(property).collect();
    Ok(Some((what, ChangedObject { kind, moref, name, properties })))
}
