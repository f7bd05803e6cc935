//! State and freshness of every vCenter, and the findings of `doctor`.
//! Refuses to contact anything: it says what is known.

mod commands;

use crate::Service;
use crate::breaker;
use crate::explain;
use crate::inventory::Freshness;
use crate::logins::key;
use crate::pacing;
use contract::{
    ApiError, Check, Credential, Job, Kind, Operation, RefreshWait, Remedy, Snapshot, StaleReads, Time,
    Vcenter, VcenterId, VcenterState, VcenterStatus, words,
};
use secrets::{KeychainState, Place, Unlock};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Contact, Damaged, Summary};

impl Service {
    /// State and freshness of every vCenter, by name.
    pub(crate) async fn status(&self) -> Result<Vec<VcenterStatus>, ApiError> {
        Ok(self.counted().await?.0)
    }

    /// The same, and how many rows are left out of what is counted, because they are damaged: objects, and vCenters that
    /// can't be read themselves. What is counted is not read: [`Service::doctor`] finds every damaged row.
    pub(crate) async fn status_and_left_out(&self) -> Result<(Vec<VcenterStatus>, usize), ApiError> {
        let (answer, objects) = self.counted().await?;
        Ok((answer, objects + self.unreadable_vcenters().await?))
    }

    async fn counted(&self) -> Result<(Vec<VcenterStatus>, usize), ApiError> {
        self.inner.operations.end_dead().await;
        let (mut answer, mut damaged) = (Vec::new(), 0);
        let holds = self.inner.operations.holds().await?;
        for record in self.records().await? {
            let v = &record.vcenter;
            let Summary { counts, coverage, left_out } = self.inner.inventory.summary(&v.id).await?;
            damaged += left_out;
            let now = self.now();
            let ever_read = !coverage.is_empty();
            let known = Snapshot::new([], coverage);
            let synced_at = known.oldest(now);
            let ttl = Freshness::AtMost(Duration::from_secs(v.settings.ttl_seconds));
            let paused = holds.pause_of(v);
            let state = match record.contact {
                _ if paused.is_some() => VcenterState::Paused,
                Some(Contact { state: VcenterState::Online, .. }) | None if !ever_read => {
                    VcenterState::NeverSynced
                }
                Some(Contact { state: VcenterState::Online, at }) if !self.is_current(at, ttl) => {
                    VcenterState::Unknown
                }
                Some(contact) => contact.state,
                None => VcenterState::Unknown,
            };
            let counts: BTreeMap<String, u64> = Kind::LISTED
                .into_iter()
                .map(|kind| (kind.key(), counts.get(&kind).copied().unwrap_or(0)))
                .collect();
            let reads = v.settings.stale_reads;
            let mut operations = self.inner.operations.newest(Some(&v.id), pacing::LOOK_BACK).await?;
            let (refresh_failed, last_operation) =
                (pacing::failure(&operations), operations.first().cloned());
            let failures = pacing::failures_in_a_row(&operations);
            breaker::forgive(&mut operations, record.failures_reset_at, now);
            answer.push(VcenterStatus {
                vcenter: v.name.clone(),
                vcenter_id: v.id.clone(),
                state,
                since: record.state_since,
                contact_at: record.contact.map(|contact| contact.at),
                contact_since: record.state_since,
                refresh_failed,
                failures_in_a_row: failures,
                refresh_waits: waits(&operations, reads, &known, ttl, now),
                paused,
                no_network: holds.no_network(),
                suspended: breaker::suspension(&operations, now).filter(|_| reads != StaleReads::Nothing),
                certificate_expires_at: v.certificate_expires_at,
                synced_at,
                age_seconds: synced_at.and_then(|at| at.age_seconds(now)),
                fresh: ttl.accepts(synced_at, now),
                counts,
                last_operation,
            });
        }
        Ok((answer, damaged))
    }

    /// Whether a contact still says what is true: it was in this run of the program, or within the TTL.
    fn is_current(&self, contact: Time, ttl: Freshness) -> bool {
        let now = self.now();
        // A clock that was set back must not make every contact from now on one of the run before.
        let started = self.inner.started.fetch_min(now.0, Ordering::Relaxed).min(now.0);
        (started..=now.0).contains(&contact.0) || ttl.accepts(Some(contact), now)
    }

    /// How many vCenters can't be read themselves, and are left out of every answer.
    pub async fn unreadable_vcenters(&self) -> Result<usize, ApiError> {
        self.inner.store.unreadable_vcenters().await.map_err(explain::store)
    }

    /// Looks at everything that Muster needs on this machine.
    pub(crate) async fn doctor(&self) -> Result<Vec<Check>, ApiError> {
        let credentials = self.inner.store.credentials().await.map_err(explain::store)?;
        let mut checks = vec![self.check_database().await];
        checks.extend(self.check_rows().await);
        checks.push(self.check_folder());
        checks.extend(self.check_passwords(&credentials).await);
        checks.extend(self.pauses_of_several().await?);
        let now = self.now();
        checks.extend(self.vcenters().await?.iter().filter_map(|vcenter| check_certificate(vcenter, now)));
        for status in self.status().await? {
            let name = format!("vCenter {}", status.vcenter);
            let now = self.now();
            let suspended = status.suspended.and_then(|one| contract::words::suspended(&one, now));
            let suspended = suspended.map(|words| format!("; {words}")).unwrap_or_default();
            let detail = format!("{}; {}{suspended}", state_in_words(&status, now), age(&status));
            let is_misdated = status.synced_at.is_some() && status.age_seconds.is_none();
            checks.push(match status.state {
                VcenterState::Online if !is_misdated => passed(name, detail),
                // Nothing is known to be wrong with it, or it is known to be worked on.
                VcenterState::Paused => passed(name, detail),
                VcenterState::Unknown if !is_misdated && status.refresh_failed.is_none() => {
                    passed(name, detail)
                }
                VcenterState::Online | VcenterState::NeverSynced | VcenterState::Unknown => {
                    offered(name, detail, job_on(&status.vcenter, Job::FULL_SYNC))
                }
                _ => offered(name, detail, job_on(&status.vcenter, Job::TEST)),
            });
        }
        Ok(checks)
    }

    async fn check_database(&self) -> Check {
        let name = "database".to_owned();
        if let Err(error) = self.inner.store.can_be_written() {
            let error = explain::store(error);
            return explained(name, error.message.clone(), error);
        }
        match self.inner.store.check().await {
            Ok(health) if health.is_sound() => passed(name, health.to_string()),
            Ok(health) => failed(
                name,
                health.to_string(),
                "Keep a copy of the data folder, move muster.db away, and sync again.".to_owned(),
            ),
            Err(error) => failed(
                name,
                explain::chain(&error),
                "Check the permissions and the free space of the data folder.".to_owned(),
            ),
        }
    }

    /// Whether the data folder is its owner's alone, and on a disk that keeps what SQLite needs.
    fn check_folder(&self) -> Check {
        let (name, store) = ("data folder".to_owned(), &self.inner.store);
        let (dir, exposed) = (store.dir().display(), store.exposed());
        if let Some(share) = store.share() {
            let next =
                "Choose a folder on a disk of this machine, and move the data there while Muster is closed.";
            let detail = format!("{dir} is on a network share ({share}): {ON_A_SHARE}");
            return Check {
                remedies: vec![Remedy::ChooseDataFolder],
                ..failed(name, detail, next.to_owned())
            };
        }
        if exposed.is_empty() {
            return passed(name, format!("{dir} is on a disk of this machine, and private to its owner"));
        }
        let mut which: Vec<String> =
            exposed.iter().take(NAMED).map(|path| path.display().to_string()).collect();
        which.extend((exposed.len() > NAMED).then(|| format!("{} more", exposed.len() - NAMED)));
        let detail = format!("others than its owner can read or change {}", which.join(", "));
        failed(name, detail, format!("Take their permissions away: chmod -R go= {dir}"))
    }

    /// A finding for each vCenter that has damaged rows, and for what else is damaged.
    async fn check_rows(&self) -> Vec<Check> {
        let damage = match self.inner.store.damage().await {
            Ok(damage) => damage,
            Err(error) => {
                let next = "See the message about the database.".to_owned();
                return vec![failed("rows of the database".into(), explain::chain(&error), next)];
            }
        };
        let names: BTreeMap<VcenterId, String> = match self.records().await {
            Ok(records) => records.into_iter().map(|r| (r.vcenter.id, r.vcenter.name)).collect(),
            Err(_) => BTreeMap::new(),
        };
        let (mut checks, mut inventories) = (Vec::new(), BTreeMap::<VcenterId, Vec<String>>::new());
        for damaged in damage {
            match damaged {
                Damaged::Inventory { vcenter, what } => inventories.entry(vcenter).or_default().push(what),
                Damaged::Vcenter { name, reason } => checks.push(unreadable("vCenter", &name, &reason)),
                Damaged::Credential { name, reason } => checks.push(unreadable("credential", &name, &reason)),
                Damaged::Schedule { name, reason } => checks.push(unreadable("schedule", &name, &reason)),
                Damaged::Policy { name, reason } => checks.push(unreadable("policy", &name, &reason)),
                Damaged::Destination { name, reason } => {
                    checks.push(unreadable("destination", &name, &reason));
                }
                // What happened once can't be brought back, and nothing depends on it.
                Damaged::Operation { id } => checks.push(passed(
                    format!("operation {id}"),
                    "its row in the history is damaged and left out; everything else stays readable".into(),
                )),
            }
        }
        // Rows of a vCenter that can't be read itself are mended with it.
        let named = inventories.into_iter().filter_map(|(id, what)| Some((names.get(&id)?.clone(), what)));
        checks.extend(named.map(|(name, what)| damaged_inventory(&name, &what)));
        checks
    }

    /// The keychain, and where the password of each credential is. A keychain that once doesn't answer is not asked again:
    /// every question would cost seconds.
    async fn check_passwords(&self, credentials: &[Credential]) -> Vec<Check> {
        let keychain = self.inner.secrets.state().await;
        let mut hangs = keychain == KeychainState::TimedOut;
        let mut all_elsewhere = !credentials.is_empty();
        let mut checks = Vec::new();
        for credential in credentials {
            let stored = self.place(credential, hangs).await;
            hangs |= matches!(stored, Err(secrets::Error::KeychainTimedOut));
            all_elsewhere &= matches!(stored, Ok(Some(Place::File | Place::Helper)));
            let unfit = match key(credential).helper {
                Some(helper) => helper.check().await.err(),
                None => None,
            };
            checks.push(check_credential(credential, unfit.map_or(stored, Err)));
        }
        if !hangs && !matches!(keychain, KeychainState::Absent { .. }) {
            checks.extend(self.check_entries().await);
        }
        checks.insert(0, check_keychain(keychain, all_elsewhere));
        checks
    }

    /// Whether the keychain holds passwords that no credential needs. Asks nobody to unlock it.
    async fn check_entries(&self) -> Option<Check> {
        let name = "entries in the keychain".to_owned();
        let needless = match self.needless(Unlock::Never).await {
            Ok(Ok(needless)) => needless,
            Ok(Err(error @ secrets::Error::KeychainLocked)) => {
                return Some(passed(name, format!("{error}: orphaned entries can't be looked for")));
            }
            Ok(Err(error)) => return Some(passed(name, format!("not checked: {error}"))),
            Err(error) => return Some(explained(name, error.message.clone(), error)),
        };
        let noted = match needless.noted.len() {
            0 => String::new(),
            many => {
                format!("; {} will be removed shortly", words::counted(many, "needless one", "needless ones"))
            }
        };
        if needless.orphans.is_empty() {
            return Some(passed(
                name,
                format!("every entry of this database belongs to a credential{noted}"),
            ));
        }
        let many = words::counted(needless.orphans.len(), "entry belongs", "entries belong");
        let mut labels: Vec<&str> = needless.orphans.iter().map(|orphan| &*orphan.label).collect();
        labels.truncate(NAMED);
        let more = match needless.orphans.len() - labels.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let detail = format!("{many} to no credential: {}{more}{noted}", labels.join(", "));
        Some(offered(name, detail, Remedy::RemoveOrphans))
    }

    async fn place(
        &self,
        credential: &Credential,
        keychain_hangs: bool,
    ) -> Result<Option<Place>, secrets::Error> {
        let key = key(credential);
        if !keychain_hangs || key.helper.is_some() {
            return self.inner.secrets.is_stored(&key).await;
        }
        match self.inner.secrets.is_in_folder(&key).await? {
            true => Ok(Some(Place::File)),
            false => Err(secrets::Error::KeychainTimedOut),
        }
    }
}

/// Why a data folder must not be on a share.
pub(crate) const ON_A_SHARE: &str =
    "locks and SQLite's write-ahead log don't work reliably there, and the database may be damaged";
/// Letters of a program's path that are shown.
const LONGEST_PROGRAM: usize = 200;

/// What wakes a keychain that doesn't answer.
const RESTART: &str = "Restart the keyring daemon, or log out of the desktop and in again.";

fn check_keychain(keychain: KeychainState, all_elsewhere: bool) -> Check {
    let name = "keychain".to_owned();
    match keychain {
        KeychainState::Ready => passed(name, "it is available and unlocked".to_owned()),
        KeychainState::Locked => failed(
            name,
            "it is locked: background operations can't log in".to_owned(),
            "Unlock it by logging in to the desktop.".to_owned(),
        ),
        KeychainState::Absent { .. } if all_elsewhere => passed(
            name,
            "there is no keychain, and none is needed: every password is in a file, or a helper prints it"
                .to_owned(),
        ),
        KeychainState::Absent { reason } => failed(
            name,
            format!("there is no keychain: {reason}"),
            "Start a Secret Service such as gnome-keyring, or use $CREDENTIALS_DIRECTORY.".to_owned(),
        ),
        KeychainState::TimedOut => failed(name, "it does not respond".to_owned(), RESTART.to_owned()),
    }
}

/// A finding where the certificate of a vCenter expires soon, or has.
fn check_certificate(vcenter: &Vcenter, now: Time) -> Option<Check> {
    let detail = words::certificate(vcenter, now)?;
    let next = match vcenter.trust.as_str() {
        "pin" => {
            "Renew it on the server, compare the new fingerprint with the one shown there, and approve it. With \
                  the CA that issues it trusted instead, a renewal needs nothing."
        }
        _ => "Renew it on the server.",
    };
    Some(failed(format!("certificate of {}", vcenter.name), detail, next.to_owned()))
}

/// Whether the password of a credential is at hand.
fn check_credential(credential: &Credential, stored: Result<Option<Place>, secrets::Error>) -> Check {
    let name = format!("credential {}", credential.name);
    match (credential.rejected_at, stored) {
        (Some(_), stored) => {
            let else_from = if credential.helper.is_some() { Place::Helper } else { Place::Keychain };
            let place = stored.ok().flatten().unwrap_or(else_from);
            let error = explain::rejected_before(credential, None, place);
            explained(name, explain::was_rejected(credential), error)
        }
        (None, Ok(Some(Place::Keychain))) => passed(name, "its password is in the keychain".to_owned()),
        (None, Ok(Some(Place::File))) => passed(name, "its password is in the credentials folder".to_owned()),
        (None, Ok(Some(Place::Helper))) => {
            let program = credential.helper.iter().flatten().next().map(String::as_str).unwrap_or_default();
            passed(name, format!("its password is printed by {}", words::cut(program, LONGEST_PROGRAM)))
        }
        (None, Ok(Some(Place::Memory))) => passed(name, "its password is held in memory".to_owned()),
        (None, Ok(None)) => offered(
            name,
            "its password is not stored".to_owned(),
            Remedy::SetPassword { credential: credential.name.clone() },
        ),
        (None, Err(secrets::Error::KeychainTimedOut)) => failed(
            name,
            "it is unknown whether its password is stored: the keychain does not respond".to_owned(),
            RESTART.to_owned(),
        ),
        (None, Err(error @ secrets::Error::KeychainLocked)) => {
            failed(name, error.to_string(), "Unlock the keychain, then run this again.".into())
        }
        (None, Err(error)) => {
            failed(name, explain::chain(&error), "Fix what the message reports, then run this again.".into())
        }
    }
}

/// The state of a vCenter as the last contact left it, and when that was, where it is not known to be true now.
pub fn state_in_words(status: &VcenterStatus, now: Time) -> String {
    let ago = |at: Option<Time>| at.and_then(|at| at.age_seconds(now)).map(words::duration);
    match (status.state, ago(status.contact_at), ago(status.since)) {
        (VcenterState::Unknown, Some(reached), _) => format!("last reached {reached} ago"),
        (VcenterState::Unknown, None, _) => "not contacted".to_owned(),
        (VcenterState::Online, ..) => "online".to_owned(),
        (VcenterState::Paused, ..) => {
            status.paused.as_ref().map_or_else(|| "paused".to_owned(), |pause| words::paused(pause, now))
        }
        (VcenterState::NeverSynced, ..) => "never synced".to_owned(),
        (state, _, since) => {
            let words = serde_json::to_value(state).unwrap_or_default();
            let words = words.as_str().unwrap_or_default().replace('_', " ");
            since.map_or(words.clone(), |since| format!("{words} for {since}"))
        }
    }
}

/// The kinds that are older than their TTL and wait for their next refresh, by the key they have in JSON.
fn waits(
    operations: &[Operation],
    stale_reads: StaleReads,
    snapshot: &Snapshot,
    ttl: Freshness,
    now: Time,
) -> BTreeMap<String, RefreshWait> {
    let stale = Kind::LISTED.into_iter().filter(|kind| !ttl.accepts(snapshot.synced_at(*kind), now));
    let waits =
        stale.filter_map(|kind| Some((kind.key(), pacing::wait(operations, stale_reads, kind, now)?)));
    waits.collect()
}

/// How old the data of a vCenter is.
fn age(status: &VcenterStatus) -> String {
    match (status.synced_at, status.age_seconds) {
        (_, Some(age)) => format!("its data is {} old", words::duration(age)),
        (Some(at), None) => {
            format!(
                "its data is dated in the future ({at}) because of a wrong system clock; treated as stale"
            )
        }
        (None, None) => "it was never fully synced".to_owned(),
    }
}

/// A row of the configuration that can't be read.
fn unreadable(what: &str, name: &str, reason: &str) -> Check {
    failed(
        format!("{what} {name}"),
        format!(
            "its row in the database is damaged ({reason}); it is left out, everything else stays readable"
        ),
        "Keep a copy of the data folder, then restore a backup of it; without one, move muster.db away, add \
         the vCenters again and sync."
            .to_owned(),
    )
}

fn damaged_inventory(vcenter: &str, rows: &[String]) -> Check {
    let mut which = rows.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if rows.len() > NAMED {
        which = format!("{which} and {} more", rows.len() - NAMED);
    }
    offered(
        format!("inventory of {vcenter}"),
        format!(
            "damaged in the database: {which}; left out until they are read again; everything else stays \
             readable"
        ),
        job_on(vcenter, Job::FULL_SYNC),
    )
}

/// Damaged rows that are named one by one.
const NAMED: usize = 20;

fn passed(name: String, detail: String) -> Check {
    Check { name, ok: true, detail, next_step: None, remedies: Vec::new() }
}

fn failed(name: String, detail: String, next_step: String) -> Check {
    Check { name, ok: false, detail, next_step: Some(next_step), remedies: Vec::new() }
}

/// What one remedy mends, which says it all.
fn offered(name: String, detail: String, remedy: Remedy) -> Check {
    Check { name, ok: false, detail, next_step: None, remedies: vec![remedy] }
}

/// What is to be done about it as about an error.
fn explained(name: String, detail: String, error: ApiError) -> Check {
    Check { name, ok: false, detail, next_step: error.next_step, remedies: error.remedies }
}

fn job_on(vcenter: &str, job: Job) -> Remedy {
    Remedy::Retry { vcenter: vcenter.to_owned(), job }
}
