//! Holds the health rules against what is known of a vCenter.
//! Refuses to read anything: inventory, status, settings and the time come from the caller.

use contract::columns::{self, Column};
use contract::health::{Finding, Level, Levels, Limits, Looks, RULES, Rule, SAID_AGAIN, Scope, Waiver};
use contract::{
    Condition, Kind, Moref, Object, Operator, Row, Snapshot, Test, Time, Value, Vcenter, VcenterStatus,
};
use serde_json::Value as Json;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use store::{FindingKey, FoundNow};

/// What people set about the rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) limits: Vec<Limits>,
    pub(crate) waivers: Vec<Waiver>,
}

/// Since when what is found, as the database has it.
pub(crate) type Known = HashMap<FindingKey, (Time, Level)>;

/// One row that a rule found, whether or not it is reported yet.
pub(crate) struct Found {
    pub(crate) rule: &'static Rule,
    pub(crate) level: Level,
    pub(crate) kind: Kind,
    pub(crate) moref: Moref,
    pub(crate) name: String,
    datacenter: Option<Moref>,
    value: Json,
    detail: Json,
    threshold: Option<String>,
    /// When the row was read: of what is not known before it is so since then at least.
    read_at: Option<Time>,
    /// Since when it is so, where the row itself says it: an age has exceeded its level at a time that can be told.
    exactly: Option<Time>,
    waiver: Option<(String, Option<Time>)>,
    /// The object, if it explains what is found of others, and those that explain this.
    depends_on: Vec<(Kind, Moref)>,
}

impl Found {
    fn key(&self) -> FindingKey {
        FindingKey { rule: self.rule.id.to_owned(), kind: self.kind, moref: self.moref.clone() }
    }

    /// The finding that says what these alarms say, if each of them only says again what was found.
    fn says_again(&self, heard: &HashSet<FindingKey>) -> Option<FindingKey> {
        let alarms = self.value.as_array().filter(|alarms| self.rule.is_alarm && !alarms.is_empty())?;
        let said = |alarm: &Json| {
            let name = alarm.as_str()?;
            let rules = SAID_AGAIN.iter().filter(|(called, _)| called.eq_ignore_ascii_case(name));
            let mut keys = rules.map(|(_, rule)| FindingKey { rule: (*rule).to_owned(), ..self.key() });
            keys.find(|key| heard.contains(key))
        };
        let all: Option<Vec<FindingKey>> = alarms.iter().map(said).collect();
        all?.into_iter().next()
    }

    /// It for the database.
    pub(crate) fn now(&self, now: Time) -> FoundNow {
        FoundNow {
            key: self.key(),
            name: self.name.clone(),
            level: self.level,
            since: self.exactly.or(self.read_at).filter(|at| *at <= now).unwrap_or(now),
            held_ms: self.rule.held_seconds * 1000,
        }
    }
}

/// Every row of a vCenter's inventory that a rule finds.
pub(crate) fn rows(vcenter: &Vcenter, snapshot: &Snapshot, settings: &Settings, now: Time) -> Vec<Found> {
    let (mut found, having) = (Vec::new(), Having::default());
    for rule in RULES {
        if let Some(judging) = Judging::of(rule, vcenter, settings, now) {
            match rule.of_root {
                true => {
                    found.extend(snapshot.root(vcenter, now).and_then(|row| judging.judge(&row, &having)))
                }
                false => {
                    let rows = snapshot.rows(vcenter, judging.kind, now);
                    found.extend(rows.filter_map(|row| judging.judge(&row, &having)));
                }
            }
        }
    }
    found
}

/// The findings that are reported: what is so for long enough, without what others explain.
pub(crate) fn reported(vcenter: &Vcenter, found: Vec<Found>, known: &Known, now: Time) -> Vec<Finding> {
    // Also what is not reported yet explains: else the effects would be told before their cause.
    let explains = |one: &&Found| one.rule.covers && one.waiver.is_none();
    let explaining: HashSet<(Kind, Moref)> =
        found.iter().filter(explains).map(|one| (one.kind, one.moref.clone())).collect();
    let is_heard = |one: &&Found| !one.rule.is_alarm && one.waiver.is_none();
    let heard: HashSet<FindingKey> = found.iter().filter(is_heard).map(Found::key).collect();
    let due = found.into_iter().filter_map(|one| {
        let since = one.exactly.or_else(|| known.get(&one.key()).map(|(since, _)| *since)).or(one.read_at);
        // It has to be so when it was last read, and not just to have been so once.
        let lasted = one.read_at.zip(since).map_or(0, |(read, since)| read.0.saturating_sub(since.0));
        let held = one.rule.held_seconds * 1000;
        (held == 0 || lasted >= held).then_some((one, since))
    });
    let due: Vec<(Found, Option<Time>)> = due.collect();
    let mut covered: HashMap<(Kind, Moref), usize> = HashMap::new();
    let mut told = Vec::with_capacity(due.len());
    for (one, since) in due {
        match one.depends_on.iter().find(|on| explaining.contains(*on)) {
            Some(on) => *covered.entry(on.clone()).or_default() += 1,
            None => told.push((one, since)),
        }
    }
    let repeated = drop_repeated(&mut told, &heard);
    let finding = |(one, since): (Found, Option<Time>)| Finding {
        covers: repeated.get(&one.key()).copied().unwrap_or_default()
            + match one.rule.covers {
                true => covered.get(&(one.kind, one.moref.clone())).copied().unwrap_or_default(),
                false => 0,
            },
        rule: one.rule.id.to_owned(),
        level: one.level,
        vcenter: vcenter.name.clone(),
        vcenter_id: vcenter.id.clone(),
        kind: if one.rule.of_root { "vcenters" } else { one.kind.name() }.to_owned(),
        name: if one.rule.of_root { vcenter.name.clone() } else { one.name },
        moref: (!one.rule.of_root).then_some(one.moref),
        datacenter_moref: one.datacenter,
        value: one.value,
        detail: one.detail,
        threshold: one.threshold,
        since: since.filter(|since| *since <= now),
        waived_until: one.waiver.as_ref().and_then(|(_, until)| *until),
        waiver: one.waiver.map(|(id, _)| id),
    };
    told.into_iter().map(finding).collect()
}

/// A finding and since when it is so.
type Due = (Found, Option<Time>);

/// Drops alarms that only say again what a rule found of the same object; answers with how many of them each such finding
/// has. An alarm beside them that says something else keeps them all.
fn drop_repeated(told: &mut Vec<Due>, heard: &HashSet<FindingKey>) -> HashMap<FindingKey, usize> {
    let mut repeated = HashMap::new();
    told.retain(|(one, _)| match one.says_again(heard) {
        Some(said) => {
            *repeated.entry(said).or_insert(0) += 1;
            false
        }
        None => true,
    });
    repeated
}

/// What the rules about vCenters find of one.
pub(crate) fn of_vcenter(
    vcenter: &Vcenter,
    status: &VcenterStatus,
    settings: &Settings,
    now: Time,
) -> Vec<Finding> {
    let judge = |rule: &'static Rule| {
        let Looks::Vcenter { is, beyond } = rule.looks else { return None };
        let measured = is(status, now)?;
        let levels = levels_of(rule, vcenter, &settings.limits);
        let (level, threshold) = levels.iter().rev().find_map(|(level, value)| match beyond {
            None => Some((*level, None)),
            Some(operator) => {
                is_beyond(measured, operator, number(value)?).then(|| (*level, Some(value.clone())))
            }
        })?;
        let waiver = waived(rule, vcenter, &settings.waivers, now);
        Some(Finding {
            rule: rule.id.to_owned(),
            level,
            vcenter: vcenter.name.clone(),
            vcenter_id: vcenter.id.clone(),
            kind: "vcenters".to_owned(),
            name: vcenter.name.clone(),
            moref: None,
            datacenter_moref: None,
            value: beyond.map(|_| measured).into(),
            detail: Json::Null,
            threshold,
            since: status.contact_since.filter(|_| beyond.is_none()),
            covers: 0,
            waived_until: waiver.as_ref().and_then(|(_, until)| *until),
            waiver: waiver.map(|(id, _)| id),
        })
    };
    RULES.iter().filter_map(judge).collect()
}

fn is_beyond(measured: i64, operator: Operator, value: i64) -> bool {
    match operator {
        Operator::Above => measured > value,
        Operator::AtLeast => measured >= value,
        Operator::Below => measured < value,
        Operator::AtMost => measured <= value,
        _ => false,
    }
}

/// A number, or a duration in seconds.
pub(crate) fn number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| contract::duration_in_seconds(text))
}

/// A rule with its levels for one vCenter, ready to be held against rows.
struct Judging<'a> {
    rule: &'static Rule,
    kind: Kind,
    vcenter: &'a Vcenter,
    given: Vec<Test>,
    levels: Tests,
    /// Other levels of clusters.
    of_clusters: BTreeMap<Moref, Tests>,
    shown: Option<&'static Column>,
    detail: Option<&'static Column>,
    cluster: Option<&'static Column>,
    /// What must be known of a row for a verdict.
    judged_by: Vec<&'static Column>,
    waivers: Vec<(&'a Waiver, Vec<Test>)>,
}

/// The levels of a rule, the worst first, each with its value and its test.
type Tests = Vec<(Level, String, Option<Test>)>;

impl<'a> Judging<'a> {
    /// `None` for rules that look at no rows, or that are off everywhere in this vCenter.
    fn of(
        rule: &'static Rule,
        vcenter: &'a Vcenter,
        settings: &'a Settings,
        now: Time,
    ) -> Option<Judging<'a>> {
        let kind = rule.columns()?;
        let schema = columns::of(kind);
        let tests = |levels: Levels| -> Tests {
            let test = |value: &str| rule.beyond(value)?.on(kind).ok();
            let all = levels.into_iter().rev();
            all.map(|(level, value)| {
                let test = test(&value);
                (level, value, test)
            })
            // A value that can't be read any more finds nothing, where the rule needs one.
            .filter(|(_, _, test)| test.is_some() || !rule.has_values())
            .collect()
        };
        let levels = tests(levels_of(rule, vcenter, &settings.limits));
        let clusters = settings.limits.iter().filter_map(|limits| match &limits.scope {
            Scope::Cluster { vcenter: of, moref } if *of == vcenter.id && limits.rule == rule.id => {
                Some((moref.clone(), tests(limits.levels.clone())))
            }
            _ => None,
        });
        let of_clusters: BTreeMap<Moref, Tests> = clusters.collect();
        if levels.is_empty() && of_clusters.values().all(Vec::is_empty) {
            return None;
        }
        let on = |condition: &Condition| condition.on(kind).ok();
        let mut given = rule.given();
        // What is stored is told sooner than what is computed.
        given.sort_by_key(|condition| !schema.column(&condition.column).is_some_and(Column::is_stored));
        let judged_by = given.iter().map(|condition| condition.column.as_str()).chain(rule.measured());
        let waivers = settings.waivers.iter().filter(|waiver| waiver.rule == rule.id && waiver.holds(now));
        Some(Judging {
            rule,
            kind,
            vcenter,
            levels,
            of_clusters,
            shown: rule.shown().and_then(|id| schema.column(id)),
            detail: rule.detail().and_then(|id| schema.column(id)),
            cluster: schema.column(if kind == Kind::Datastores { "clusters_moref" } else { "cluster_moref" }),
            judged_by: judged_by.filter_map(|id| schema.column(id)).collect(),
            given: given.iter().filter_map(on).collect(),
            // A condition that can't be read any more would silence more than was meant: then nothing is.
            waivers: waivers.filter_map(|waiver| Some((waiver, tests_of(&waiver.scope, kind)?))).collect(),
        })
    }

    fn judge(&self, row: &Row<'_>, having: &Having) -> Option<Found> {
        if !self.given.iter().all(|test| test.holds(row)) {
            return None;
        }
        // What is not current is no ground for a verdict.
        if !row.object.missing.is_empty() && self.judged_by.iter().any(|column| row.missing(column).is_some())
        {
            return None;
        }
        let levels = match self.of_clusters.is_empty() {
            true => &self.levels,
            false => self
                .of_clusters
                .iter()
                .find(|(moref, _)| self.is_in(row, moref))
                .map_or(&self.levels, |(_, tests)| tests),
        };
        let (level, value, _) =
            levels.iter().find(|(_, _, test)| test.as_ref().is_none_or(|test| test.holds(row)))?;
        let shown = |column: &Column| row.value(column).to_json(column);
        Some(Found {
            rule: self.rule,
            level: *level,
            kind: self.kind,
            moref: row.object.moref.clone(),
            name: self.called(row),
            datacenter: self.datacenter(row),
            value: self.shown.map(shown).unwrap_or_default(),
            detail: self.detail.map(shown).unwrap_or_default(),
            threshold: (!value.is_empty()).then(|| value.clone()),
            read_at: row.synced_at(),
            exactly: self.exceeded_at(row, value),
            waiver: self.waived(row),
            depends_on: depends_on(self.rule, row, having),
        })
    }

    /// What the row is called; a snapshot by its VM, for many have the same name.
    fn called(&self, row: &Row<'_>) -> String {
        let name = |row: &Row<'_>| Some(row.object.stored("name").as_text()?.to_owned());
        let own = name(row).unwrap_or_default();
        match (self.kind, vm_of(row)) {
            (Kind::Snapshots, Some(object)) => {
                let vm = name(&Row { object, ..*row }).unwrap_or_default();
                format!("{vm}: {own}")
            }
            _ => own,
        }
    }

    fn datacenter(&self, row: &Row<'_>) -> Option<Moref> {
        // A snapshot is where its VM is.
        let object = vm_of(row).unwrap_or(row.object);
        let column = columns::of(object.kind).column("datacenter_moref");
        match column.map(|column| Row { object, ..*row }.value(column)) {
            Some(moref) => moref.as_text().map(Moref::from),
            None => (object.kind == Kind::Datacenters).then(|| object.moref.clone()),
        }
    }

    fn exceeded_at(&self, row: &Row<'_>, value: &str) -> Option<Time> {
        let measured = self.rule.measured().filter(|id| *id == "age_seconds")?;
        let age = row.value(columns::of(self.kind).column(measured)?).as_int()?;
        let over = age.saturating_sub(contract::duration_in_seconds(value)?);
        Some(Time(row.now.0.saturating_sub(over.max(0).saturating_mul(1000))))
    }

    fn is_in(&self, row: &Row<'_>, cluster: &str) -> bool {
        if self.kind == Kind::Clusters {
            return *row.object.moref == *cluster;
        }
        match self.cluster.map(|column| row.value(column)) {
            Some(Value::List(morefs)) => morefs.iter().any(|moref| moref.as_text() == Some(cluster)),
            Some(Value::Text(moref)) => *moref == *cluster,
            _ => false,
        }
    }

    fn waived(&self, row: &Row<'_>) -> Option<(String, Option<Time>)> {
        let holding = self.waivers.iter().filter(|(waiver, tests)| match &waiver.scope {
            Scope::Cluster { vcenter, moref } => *vcenter == self.vcenter.id && self.is_in(row, moref),
            Scope::Object { vcenter, kind, moref, .. } => {
                *vcenter == self.vcenter.id && *kind == self.kind && *moref == row.object.moref
            }
            Scope::Rows { .. } => !tests.is_empty() && tests.iter().all(|test| test.holds(row)),
            scope => is_for(scope, self.vcenter),
        });
        longest(holding.map(|(waiver, _)| *waiver))
    }
}

/// The conditions of a scope as they are tested; `None` where one can't be read.
fn tests_of(scope: &Scope, kind: Kind) -> Option<Vec<Test>> {
    let Scope::Rows { conditions } = scope else { return Some(Vec::new()) };
    conditions.iter().map(|text| text.parse::<Condition>().ok()?.on(kind).ok()).collect()
}

/// The VM that a row is, or that a snapshot is of.
fn vm_of<'a>(row: &Row<'a>) -> Option<&'a Object> {
    match row.object.kind {
        Kind::Vms => Some(row.object),
        Kind::Snapshots => {
            row.object.stored("vm_ref").refs().next().and_then(|vm| row.snapshot.follow(vm)).map(|vm| &**vm)
        }
        _ => None,
    }
}

/// The hosts that have each datastore, once somebody asks.
#[derive(Default)]
struct Having(OnceCell<HashMap<Moref, Vec<Arc<Object>>>>);

impl Having {
    fn of(&self, snapshot: &Snapshot, datastore: &Moref) -> &[Arc<Object>] {
        let all = self.0.get_or_init(|| {
            let mut all: HashMap<Moref, Vec<Arc<Object>>> = HashMap::new();
            for host in snapshot.objects(Kind::Hosts) {
                for datastore in host.stored("datastore_refs").refs() {
                    all.entry(datastore.moref.clone()).or_default().push(host.clone());
                }
            }
            all
        });
        all.get(datastore).map_or(&[], Vec::as_slice)
    }
}

/// The host and the datastores that a VM, or the VM of a snapshot, depends on; of a datastore the hosts that can't access it,
/// if all of them are lost and it is access that was judged; and what an alarm is about, for that may be lost itself.
fn depends_on(rule: &Rule, row: &Row<'_>, having: &Having) -> Vec<(Kind, Moref)> {
    let mut on = around(rule, row, having);
    if rule.is_alarm {
        on.push((row.object.kind, row.object.moref.clone()));
    }
    on
}

fn around(rule: &Rule, row: &Row<'_>, having: &Having) -> Vec<(Kind, Moref)> {
    if row.object.kind == Kind::Datastores {
        // How full it is has nothing to do with hosts.
        if !rule.covers && rule.measured() != Some("hosts_without_access") {
            return Vec::new();
        }
        let able: HashSet<&Moref> = row.object.stored("mount_refs").refs().map(|host| &host.moref).collect();
        let has = having.of(row.snapshot, &row.object.moref);
        let hosts: Vec<&Object> =
            has.iter().filter(|host| !able.contains(&host.moref)).map(|host| &**host).collect();
        let is_lost = |host: &&Object| {
            matches!(host.stored("connection_state").as_text(), Some("disconnected" | "notResponding"))
        };
        let without = row.object.stored("host_count").as_int().unwrap_or_default() - able.len() as i64;
        return match hosts.iter().all(is_lost) && i64::try_from(hosts.len()).is_ok_and(|many| many >= without)
        {
            true => hosts.into_iter().map(|host| (Kind::Hosts, host.moref.clone())).collect(),
            false => Vec::new(),
        };
    }
    let Some(vm) = vm_of(row) else { return Vec::new() };
    let refs = vm.stored("host_ref").refs().chain(vm.stored("datastore_refs").refs());
    refs.map(|on| (on.kind, on.moref.clone())).collect()
}

/// The levels of a rule for one vCenter: those of the narrowest scope that somebody set, or its own.
pub(crate) fn levels_of(rule: &Rule, vcenter: &Vcenter, limits: &[Limits]) -> Levels {
    let set = limits.iter().filter(|limits| limits.rule == rule.id && is_for(&limits.scope, vcenter));
    set.max_by_key(|limits| limits.scope.rank())
        .map_or_else(|| rule.defaults(), |limits| limits.levels.clone())
}

/// Whether a scope is for all of a vCenter.
fn is_for(scope: &Scope, vcenter: &Vcenter) -> bool {
    match scope {
        Scope::All => true,
        Scope::Tag { tag } => vcenter.settings.tags.contains(tag),
        Scope::Vcenter { vcenter: of } => *of == vcenter.id,
        Scope::Cluster { .. } | Scope::Object { .. } | Scope::Rows { .. } => false,
    }
}

fn waived(rule: &Rule, vcenter: &Vcenter, waivers: &[Waiver], now: Time) -> Option<(String, Option<Time>)> {
    let of_rule = waivers.iter().filter(|waiver| waiver.rule == rule.id && waiver.holds(now));
    longest(of_rule.filter(|waiver| is_for(&waiver.scope, vcenter)))
}

/// The waiver that lasts longest.
fn longest<'a>(waivers: impl Iterator<Item = &'a Waiver>) -> Option<(String, Option<Time>)> {
    let lasting = |waiver: &&Waiver| waiver.until.map_or(i64::MAX, |until| until.0);
    waivers.max_by_key(lasting).map(|waiver| (waiver.id.clone(), waiver.until))
}
