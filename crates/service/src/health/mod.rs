//! What is wrong in the estate: rules held against what is cached, what people set about them, and how long it has been so.
//! Refuses to contact anything: a finding is as old as the inventory that it was found in.

mod commands;
mod judge;
#[cfg(test)]
mod tests;

use crate::inventory::Inventory;
use crate::{Clock, Service, analytics, explain};
use contract::analytics::Sample;
use contract::health::{Attention, Finding, FindingFilter, Findings, Level, OpenFindings, RULES, RuleCount};
use contract::{ApiError, Snapshot, Time, Vcenter, VcenterId, VcenterState, attention};
use futures_util::future::try_join_all;
use judge::Settings;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Store, aside};

/// How long what was judged holds, if nothing else changed: ages grow, but not by much.
const HOLDS: i64 = 60_000;

/// What was found of each vCenter, as long as that holds. Clones are the same.
#[derive(Clone)]
pub(crate) struct Health {
    store: Store,
    inventory: Inventory,
    now: Clock,
    judged: Arc<Mutex<HashMap<VcenterId, Judged>>>,
    recording: Arc<tokio::sync::Mutex<()>>,
}

/// What was found, and in what.
#[derive(Clone)]
struct Judged {
    vcenter: Vcenter,
    revision: contract::Revision,
    settings: Arc<Settings>,
    at: Time,
    findings: Known,
}

/// Findings that whoever asks shares.
type Known = Arc<[Arc<Finding>]>;

impl Health {
    pub(crate) fn new(store: Store, inventory: Inventory, now: Clock) -> Health {
        Health { store, inventory, now, judged: Arc::default(), recording: Arc::default() }
    }

    /// What people set about the rules, as it is now.
    async fn settings(&self) -> Result<Arc<Settings>, ApiError> {
        let limits = self.store.health_limits().await.map_err(explain::store)?;
        let mut waivers = self.store.waivers().await.map_err(explain::store)?;
        let now = (self.now)();
        waivers.retain(|waiver| waiver.holds(now));
        Ok(Arc::new(Settings { limits, waivers }))
    }

    /// What the rules find in a vCenter's inventory.
    async fn judge(&self, vcenter: &Vcenter, settings: &Arc<Settings>) -> Result<Known, ApiError> {
        let (snapshot, now) = (self.inventory.read(&vcenter.id).await?, (self.now)());
        let holds = |judged: &&Judged| {
            judged.revision == *snapshot.revision()
                && judged.vcenter == *vcenter
                && judged.settings == *settings
                && (judged.at.0..judged.at.0 + HOLDS).contains(&now.0)
        };
        let known = self.judged.lock().unwrap_or_else(PoisonError::into_inner).get(&vcenter.id).cloned();
        if let Some(judged) = known.as_ref().filter(holds) {
            return Ok(judged.findings.clone());
        }
        self.anew(vcenter, settings, snapshot, now, false).await
    }

    /// The same of this inventory, and keeps what is reported of it. What was just published is written down first.
    async fn anew(
        &self,
        vcenter: &Vcenter,
        settings: &Arc<Settings>,
        snapshot: Arc<Snapshot>,
        now: Time,
        is_new: bool,
    ) -> Result<Known, ApiError> {
        let revision = snapshot.revision().clone();
        let (of, set) = (vcenter.clone(), settings.clone());
        let found = aside(move || judge::rows(&of, &snapshot, &set, now)).await;
        if is_new {
            let begun = found.iter().map(|one| one.now(now)).collect();
            self.store.record_findings(&vcenter.id, begun, now).await.map_err(explain::store)?;
        }
        let since = self.store.findings_since(&vcenter.id).await.map_err(explain::store)?;
        let of = vcenter.clone();
        let findings = aside(move || shared(judge::reported(&of, found, &since, now))).await;
        let judged = Judged {
            vcenter: vcenter.clone(),
            revision,
            settings: settings.clone(),
            at: now,
            findings: findings.clone(),
        };
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).insert(vcenter.id.clone(), judged);
        Ok(findings)
    }

    /// Writes down since when what is found in a vCenter's inventory. Whoever published it calls this.
    pub(crate) async fn record(&self, vcenter: &Vcenter) {
        // Of two, the later one has the later inventory and settings.
        let _recording = self.recording.lock().await;
        match self.write_down(vcenter).await {
            Ok(open) => {
                let (sample, now) = (Sample { findings: Some(open), ..Sample::default() }, (self.now)());
                analytics::note(&self.store, &vcenter.id, now, &sample).await;
            }
            Err(error) => {
                tracing::warn!(vcenter = vcenter.name, %error, "findings could not be written");
                self.judged.lock().unwrap_or_else(PoisonError::into_inner).remove(&vcenter.id);
            }
        }
    }

    /// Writes what is found, and keeps what is reported of it; answers with how many of that are open.
    async fn write_down(&self, vcenter: &Vcenter) -> Result<BTreeMap<Level, u64>, ApiError> {
        let settings = self.settings().await?;
        let (snapshot, now) = (self.inventory.read(&vcenter.id).await?, (self.now)());
        let findings = self.anew(vcenter, &settings, snapshot, now, true).await?;
        let open = levels(findings.iter().filter(|one| one.is_open()).map(|one| &**one));
        Ok(open.into_iter().map(|(level, count)| (level, count as u64)).collect())
    }
}

impl Service {
    /// Every finding, silenced ones too, the worst first and by rule, and the vCenters that are left out because they are paused.
    async fn all_findings(&self, of: &[VcenterId]) -> Result<(Vec<Arc<Finding>>, Vec<String>), ApiError> {
        let (settings, now) = (self.inner.health.settings().await?, self.now());
        let (mut findings, mut paused, mut judged) = (Vec::new(), Vec::new(), Vec::new());
        let statuses = self.status().await?;
        for record in self.chosen(of).await? {
            let vcenter = record.vcenter;
            let Some(status) = statuses.iter().find(|status| status.vcenter_id == vcenter.id) else {
                continue;
            };
            if status.state == VcenterState::Paused {
                paused.push(vcenter.name);
                continue;
            }
            let mut own = judge::of_vcenter(&vcenter, status, &settings, now);
            // That there is no network is told once, and by no vCenter.
            own.retain(|one| !AWAY.contains(&&*one.rule) || !attention::is_away_with_all(status));
            // One cause: it can't be synced because it can't be reached.
            own.retain(|one| one.rule != "vcenter-sync-failed" || status.state != VcenterState::Offline);
            findings.extend(own.into_iter().map(Arc::new));
            judged.push(vcenter);
        }
        // Side by side: of many objects each takes a while.
        let all = judged.iter().map(|vcenter| self.inner.health.judge(vcenter, &settings));
        for found in try_join_all(all).await? {
            findings.extend(found.iter().cloned());
        }
        findings.sort_by_cached_key(|one| rank(one));
        Ok((findings, paused))
    }

    pub(crate) async fn findings(&self, filter: FindingFilter) -> Result<Findings, ApiError> {
        let (mut findings, paused) = self.all_findings(&filter.vcenters).await?;
        findings.retain(|one| filter.level.is_none_or(|level| one.level >= level));
        findings.retain(|one| filter.datacenter.is_none() || one.datacenter_moref == filter.datacenter);
        let rules = counts(&findings);
        findings.retain(|one| filter.rule.as_ref().is_none_or(|rule| one.rule == *rule));
        findings.retain(|one| filter.waived || one.is_open());
        let limit = filter.limit.unwrap_or(usize::MAX);
        if limit > 0 {
            findings.sort_by_cached_key(|one| {
                let (vcenter, name) = (one.vcenter.to_lowercase(), contract::natural::key(&one.name));
                (rank(one), vcenter, name)
            });
        }
        let findings = findings.iter().take(limit).map(|one| Finding::clone(one)).collect();
        Ok(Findings { findings, rules, paused })
    }

    /// The open findings as lines, each for what a rule found: the worst first.
    pub(crate) async fn attention(&self) -> Result<Vec<Attention>, ApiError> {
        let (mut findings, _) = self.all_findings(&[]).await?;
        findings.retain(|one| one.is_open());
        Ok(lines(&findings))
    }

    /// How many findings are open, by datacenter.
    async fn open_findings(&self) -> Result<Vec<OpenFindings>, ApiError> {
        let (mut findings, _) = self.all_findings(&[]).await?;
        findings.retain(|one| one.is_open());
        let mut by_place: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for one in &findings {
            by_place.entry((&one.vcenter_id, &one.datacenter_moref)).or_default().push(one);
        }
        let counted = |((vcenter_id, datacenter_moref), of): ((&VcenterId, &Option<_>), Vec<&Finding>)| {
            let levels = levels(of.into_iter());
            OpenFindings {
                vcenter_id: vcenter_id.clone(),
                datacenter_moref: datacenter_moref.clone(),
                levels,
            }
        };
        Ok(by_place.into_iter().map(counted).collect())
    }
}

fn shared(findings: Vec<Finding>) -> Known {
    findings.into_iter().map(Arc::new).collect()
}

/// The worst come first, and of these the rules in their order.
fn rank(finding: &Finding) -> (std::cmp::Reverse<Level>, Option<usize>) {
    (std::cmp::Reverse(finding.level), RULES.iter().position(|one| one.id == finding.rule))
}

/// How many there are of each level.
fn levels<'a>(findings: impl Iterator<Item = &'a Finding>) -> BTreeMap<Level, usize> {
    findings.fold(BTreeMap::new(), |mut levels, one| {
        *levels.entry(one.level).or_default() += 1;
        levels
    })
}

/// What is no news of a vCenter where all are away.
const AWAY: [&str; 3] = ["vcenter-unreachable", "vcenter-sync-failed", "vcenter-stale"];

fn counts(findings: &[Arc<Finding>]) -> Vec<RuleCount> {
    let mut counts: Vec<RuleCount> = Vec::new();
    for one in findings {
        let known = counts.iter().position(|count| count.rule == one.rule);
        let place = known.unwrap_or_else(|| {
            let rule = one.rule.clone();
            let threshold = None;
            counts.push(RuleCount { rule, open: BTreeMap::new(), waived: 0, since: None, threshold });
            counts.len() - 1
        });
        let count = &mut counts[place];
        if one.is_open() {
            *count.open.entry(one.level).or_default() += 1;
            count.since = count.since.into_iter().chain(one.since).min();
            // The worst come first.
            count.threshold.clone_from(&one.threshold);
        } else {
            count.waived += 1;
        }
    }
    counts
}

fn lines(findings: &[Arc<Finding>]) -> Vec<Attention> {
    let mut by_rule: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for one in findings {
        match by_rule.iter_mut().find(|(rule, _)| *rule == one.rule) {
            Some((_, of_rule)) => of_rule.push(one),
            None => by_rule.push((&one.rule, vec![one])),
        }
    }
    let line = |(rule, of_rule): (&str, Vec<&Finding>)| {
        let level = of_rule.iter().map(|one| one.level).max().unwrap_or(Level::Information);
        let vcenters: BTreeSet<&str> = of_rule.iter().map(|one| one.vcenter.as_str()).collect();
        Attention {
            rule: rule.to_owned(),
            level,
            count: of_rule.len(),
            levels: levels(of_rule.iter().copied()),
            kind: of_rule[0].kind.clone(),
            r#where: vcenters.into_iter().map(str::to_owned).collect(),
            name: (of_rule.len() == 1).then(|| of_rule[0].name.clone()),
            since: of_rule.iter().filter_map(|one| one.since).min(),
        }
    };
    by_rule.into_iter().map(line).collect()
}
