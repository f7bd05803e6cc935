//! Tells every process what the others wrote: each writing transaction leaves a row, and readers poll.
//! Refuses to say what changed in a row: a receiver reads what is true now.

use crate::Store;
use crate::engine::{self, DbConnection, DbRow, Engine, Tx};
use crate::error::{Attempt, During, Error};
use sqlx::Row;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How often a process looks whether another one wrote: soon enough for eyes, and it costs no disk access.
const POLL: Duration = Duration::from_millis(250);

/// The same while nobody looks and nothing runs here.
const SELDOM: Duration = Duration::from_secs(1);

/// Rows that are kept: hours of lively work, and about a megabyte.
pub(crate) const KEPT: i64 = 10_000;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A vCenter's configuration or connection state; the id is the vCenter's.
    Vcenters,
    /// A credential.
    Credentials,
    /// An operation.
    Operation,
    /// A schedule, or when it is due.
    Schedules,
    /// The inventory of a vCenter; the id is the vCenter's.
    Inventory,
    /// The settings of Muster itself; there is no id.
    Preferences,
    /// What is set about health rules; there is no id.
    Health,
    /// Servers that discovery found; there is no id.
    Servers,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Topic::Vcenters => "vcenters",
            Topic::Credentials => "credentials",
            Topic::Operation => "operation",
            Topic::Schedules => "schedules",
            Topic::Inventory => "inventory",
            Topic::Preferences => "preferences",
            Topic::Health => "health",
            Topic::Servers => "servers",
        }
    }

    fn from_name(name: &str) -> Option<Topic> {
        let all = [
            Topic::Vcenters,
            Topic::Credentials,
            Topic::Operation,
            Topic::Schedules,
            Topic::Inventory,
            Topic::Preferences,
            Topic::Health,
            Topic::Servers,
        ];
        all.into_iter().find(|topic| topic.name() == name)
    }
}

/// Something that another process wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// This was added, changed or removed.
    Changed {
        /// What kind of thing.
        topic: Topic,
        /// Its id.
        id: String,
    },
    /// The listener missed rows: everything may have changed.
    Lagged,
}

/// How often it is looked. Clones are the same.
#[derive(Clone, Debug)]
pub struct Pace(watch::Sender<bool>);

impl Pace {
    /// From now on nobody looks and nothing runs here, or somebody or something does.
    pub fn seldom(&self, seldom: bool) {
        self.0.send_if_modified(|now| std::mem::replace(now, seldom) != seldom);
    }
}

/// Listens to other processes on a connection of its own.
#[derive(Debug)]
pub struct Changes {
    connection: DbConnection,
    dir: PathBuf,
    own: String,
    data_version: Option<i64>,
    seen: i64,
    looked: Option<Instant>,
    pace: Pace,
}

impl Changes {
    pub(crate) async fn listen(dir: &Path, engine: &Engine, own: &str) -> Result<Changes, Error> {
        let attempt = Attempt::of(dir, "listening to other processes");
        let mut connection = engine.connect().await.during(attempt)?;
        let seen = newest(&mut connection).await.during(attempt)?;
        let (dir, own, pace) = (dir.to_owned(), own.to_owned(), Pace(watch::Sender::new(false)));
        Ok(Changes { connection, dir, own, data_version: None, seen, looked: None, pace })
    }

    /// What says how often it is looked.
    pub fn pace(&self) -> Pace {
        self.pace.clone()
    }

    /// Waits until it is time to look.
    async fn tick(&mut self) {
        let mut pace = self.pace.0.subscribe();
        while let Some(looked) = self.looked {
            let every = if *pace.borrow_and_update() { SELDOM } else { POLL };
            tokio::select! {
                () = sleep_until(looked + every) => break,
                _ = pace.changed() => {}
            }
        }
        self.looked = Some(Instant::now());
    }

    /// Waits until other processes wrote something: what, each thing once, oldest first. Dropping the future loses
    /// nothing.
    pub async fn next(&mut self) -> Result<Vec<Change>, Error> {
        let dir = self.dir.clone();
        let attempt = Attempt::of(&dir, "reading what other processes changed");
        loop {
            self.tick().await;
            let data_version = engine::data_version(&mut self.connection).await.during(attempt)?;
            if self.data_version == Some(data_version) {
                continue;
            }
            // The counter was read before the rows, so whatever is written meanwhile is read at the next tick.
            let (changes, newest) = self.read().await.during(attempt)?;
            self.data_version = Some(data_version);
            self.seen = newest;
            if !changes.is_empty() {
                return Ok(changes);
            }
        }
    }

    async fn read(&mut self) -> Result<(Vec<Change>, i64), sqlx::Error> {
        let rows = sqlx::query("SELECT seq, topic, id, process FROM changes WHERE seq > $1 ORDER BY seq")
            .bind(self.seen)
            .fetch_all(&mut self.connection)
            .await?;
        // Asked after the rows were read, so that none can be pruned unnoticed in between.
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(seq) FROM changes").fetch_one(&mut self.connection).await?;
        if oldest.is_some_and(|oldest| oldest > self.seen + 1) {
            return Ok((vec![Change::Lagged], newest(&mut self.connection).await?));
        }
        let newest = rows.last().map_or(Ok(self.seen), |row| row.try_get("seq"))?;
        let (mut changes, mut known) = (Vec::new(), HashSet::new());
        for row in &rows {
            let is_own = row.try_get::<&str, _>("process").is_ok_and(|process| process == self.own);
            let change = change(row);
            if !is_own && known.insert(change.clone()) {
                changes.push(change);
            }
        }
        Ok((changes, newest))
    }
}

/// What a row tells. Of a damaged row, and of a topic that only a newer release knows: that everything may have changed,
/// because reading everything again is never wrong.
fn change(row: &DbRow) -> Change {
    let topic = row.try_get::<&str, _>("topic").ok().and_then(Topic::from_name);
    match (topic, row.try_get("id")) {
        (Some(topic), Ok(id)) => Change::Changed { topic, id },
        _ => Change::Lagged,
    }
}

/// The number of the newest change.
async fn newest(connection: &mut DbConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM changes").fetch_one(connection).await
}

impl Store {
    /// Leaves a row for other processes, in the transaction of the change itself.
    pub(crate) async fn note(&self, tx: &mut Tx, topic: Topic, id: &str) -> Result<(), sqlx::Error> {
        let seq: i64 =
            sqlx::query_scalar("INSERT INTO changes (topic, id, process) VALUES ($1, $2, $3) RETURNING seq")
                .bind(topic.name())
                .bind(id)
                .bind(self.process_id())
                .fetch_one(&mut **tx)
                .await?;
        sqlx::query("DELETE FROM changes WHERE seq <= $1")
            .bind(seq - KEPT)
            .execute(&mut **tx)
            .await
            .map(|_| ())
    }
}
