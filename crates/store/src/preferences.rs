//! The settings of Muster itself: one JSON object in one row.
//! Refuses to lose what this release doesn't know of it, because a newer one wrote it.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::error::{During, Error};
use crate::settings;
use contract::{Preferences, Subject};

impl Store {
    /// The settings of Muster itself, as they are by default where nobody changed them.
    pub async fn preferences(&self) -> Result<Preferences, Error> {
        let attempt = self.attempt("reading the settings");
        let row = sqlx::query(SELECT).fetch_optional(self.engine().readers()).await.during(attempt)?;
        Ok(row.as_ref().map(settings::read).unwrap_or_default())
    }

    /// Changes them, on top of what others changed since these were read.
    pub async fn set_preferences(
        &self,
        made_from: &Preferences,
        preferences: &Preferences,
    ) -> Result<Preferences, Error> {
        let attempt = self.attempt("changing the settings");
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query(
            "INSERT INTO preferences (only, settings) VALUES (1, '{}') ON CONFLICT (only) DO NOTHING",
        )
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        let row = sqlx::query(SELECT).fetch_one(&mut *tx).await.during(attempt)?;
        let before: Preferences = settings::read(&row);
        let after = preferences.on_top_of(made_from, &before);
        sqlx::query("UPDATE preferences SET settings = $1")
            .bind(settings::edited(&row, &before, &after).during(attempt)?)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        let entry = Entry::done(Subject::only("settings")).before(&before).after(&after);
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Preferences, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(after)
    }
}

const SELECT: &str = "SELECT settings FROM preferences";
