//! Follows the links of a BMC from its root, one request after another, within one deadline.
//! Refuses to expand, to select and to guess paths.

use std::{collections::BTreeMap, time::Duration};

use reach::Call;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{Gap, Reading, manager, system};
use crate::{
    clean::line,
    error::Error,
    json,
    known::Known,
    wire::{Credential, Wire},
};

/// Systems that are read of one BMC.
const SYSTEMS: usize = 16;

/// Gaps that are told.
const GAPS: usize = 32;

pub(crate) struct Walk<'a> {
    wire: &'a Wire,
    credential: &'a Credential,
    call: Call,
    until: Instant,
    deadline: Duration,
    gaps: Vec<Gap>,
    /// Whether time or requests are used up: nothing more is asked for.
    is_over: bool,
    /// What was asked for already: a chassis may hold several systems.
    known: BTreeMap<String, Option<Value>>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        wire: &'a Wire,
        credential: &'a Credential,
        until: Instant,
        deadline: Duration,
    ) -> Self {
        let call = wire.http.call("read");
        Self {
            wire,
            credential,
            call,
            until,
            deadline,
            gaps: Vec::new(),
            is_over: false,
            known: BTreeMap::new(),
        }
    }

    pub(crate) async fn read(mut self, root: Known) -> Result<Reading, Error> {
        let listed = match &root.paths.systems {
            Some(path) => self.get(path).await?,
            None => None,
        };
        let mut paths = listed.as_ref().map(json::members).unwrap_or_default();
        paths.truncate(SYSTEMS);
        let alone = paths.len() == 1;
        let mut found = Vec::new();
        for path in paths {
            // Without any of them there is nothing to tell: then it is told why.
            let system = match found.is_empty() {
                true => self.get(&path).await?,
                false => self.part(&path).await?,
            };
            match system {
                Some(system) if is_a_resource(&system) => found.push((path, system)),
                Some(_) => self.gap(&path, "what is there is no system"),
                None => self.gap(&path, "it is listed and not there"),
            }
        }
        let (bmc, bmc_names) =
            manager::read(&mut self, &root, found.first().map(|(path, _)| &**path)).await?;
        let mut systems = Vec::new();
        for (path, system) in &found {
            systems.push(system::read(&mut self, &root, &bmc, &bmc_names, path, system, alone).await?);
        }
        let (gaps, requests) = (self.gaps, self.wire.requests());
        Ok(Reading { root, systems, bmc, gaps, requests })
    }

    /// What stands at a path; none where there is nothing (404).
    async fn get(&mut self, path: &str) -> Result<Option<Value>, Error> {
        let late = |_| Err(Error::TooSlow { call: self.call.clone(), after: self.deadline });
        let asked = timeout_at(self.until, self.wire.get(&self.call, path, self.credential)).await;
        let answer = asked.unwrap_or_else(late)?;
        match answer.status {
            404 => Ok(None),
            _ if answer.is_success() => answer.json(&self.call).map(Some),
            _ => Err(answer.failure(&self.call)),
        }
    }

    /// The same of something that the reading can do without: what it isn't is told as a gap. Asked for once.
    pub(super) async fn part(&mut self, path: &str) -> Result<Option<Value>, Error> {
        let key = path.trim_end_matches('/').to_lowercase();
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        if self.is_over {
            return Ok(None);
        }
        let found = match self.get(path).await {
            Ok(found) => found,
            Err(error) if error.ends_reading() => return Err(error),
            Err(error) => {
                self.is_over = is_used_up(&error);
                self.gap(path, &error.to_string());
                None
            }
        };
        self.known.insert(key, found.clone());
        Ok(found)
    }

    fn gap(&mut self, path: &str, why: &str) {
        if self.gaps.len() < GAPS && self.gaps.iter().all(|gap| gap.path != path) {
            self.gaps.push(Gap { path: path.to_owned(), why: line(why, 300) });
        }
    }

    /// The members of a collection that is linked to, each with its path.
    pub(super) async fn collection(&mut self, path: Option<String>) -> Result<Vec<Value>, Error> {
        let Some(path) = path else { return Ok(Vec::new()) };
        let Some(collection) = self.part(&path).await? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for path in json::members(&collection) {
            found.extend(self.part(&path).await?);
        }
        Ok(found)
    }
}

/// Whether it is what it is listed as: some answer with an error and a status that says success.
fn is_a_resource(value: &Value) -> bool {
    let says =
        |keys: &[&str]| keys.iter().any(|key| json::at(value, &[key]).is_some_and(|one| !one.is_null()));
    !says(&["error"]) && says(&["@odata.id", "@odata.type", "Id", "UUID", "SerialNumber", "Model", "links"])
}

fn is_used_up(error: &Error) -> bool {
    matches!(error, Error::TooSlow { .. } | Error::TooLarge { what: "requests" | "bytes in all", .. })
}
