//! `health …`.
//! Refuses to judge: the service does, for every client alike.

use crate::args::{Health as Command, HealthAsked, HealthScope};
use crate::exit::Exit;
use crate::output::{Fit, Output, ago, table, time};
use contract::command::{
    AddWaiver, ListFindings, ListLimits, ListVcenters, ListWaivers, ReadRows, RemoveWaiver, SetLimits,
    ShowVcenter,
};
use contract::health::{
    Finding, FindingFilter, Findings, Level, Levels, Limits, Looks, NewWaiver, RULES, Scope, Waiver, rule,
};
use contract::{ApiError, Code, Kind, RowQuery, Subject, Time, Vcenter, VcenterId, words};
use serde::Serialize;
use service::Client;

pub(super) async fn run(
    service: &Client,
    output: &Output,
    asked: HealthAsked,
    command: Option<Command>,
) -> Result<Exit, ApiError> {
    match command {
        None => return findings(service, output, asked).await,
        Some(Command::Rules) => {
            let rules = rules(&service.call(ListLimits {}).await?);
            let vcenters = service.call(ListVcenters {}).await?;
            output.answer(&rules, || list_of_rules(&rules, &vcenters))?;
        }
        Some(Command::Waivers) => {
            let waivers = service.call(ListWaivers {}).await?;
            let (now, vcenters) = (service.now(), service.call(ListVcenters {}).await?);
            output.answer(&waivers, || list_of_waivers(&waivers, &vcenters, now))?;
            if waivers.is_empty() {
                output.say("Nothing is waived.");
            }
        }
        Some(Command::Waive { rule, scope, reason, until, duration }) => {
            service.may::<AddWaiver>(Subject::rule(&rule)).await?;
            let until = super::until(service.now(), until, duration)?;
            let scope = scope_of(service, &rule, scope).await?;
            let waiver = NewWaiver { rule, scope, reason, until };
            let added = service.call(AddWaiver { waiver }).await?;
            let vcenters = service.call(ListVcenters {}).await?;
            output.answer(&added, || {
                let of = words::scope(&added.scope, |id| named(&vcenters, id));
                let until = added
                    .until
                    .map_or("without an end".to_owned(), |until| format!("until {}", time(Some(until))));
                format!("Waived {} for {of}, {until} (id {}).", added.rule, added.id)
            })?;
        }
        Some(Command::Unwaive { waiver }) => {
            let removed = service.call(RemoveWaiver { waiver }).await?;
            output.answer(&removed, || format!("The waiver of {} was removed.", removed.rule))?;
        }
        Some(Command::Set { rule, scope, critical, warning, information, off, default }) => {
            service.may::<SetLimits>(Subject::rule(&rule)).await?;
            let given =
                [(Level::Critical, critical), (Level::Warning, warning), (Level::Information, information)];
            let given: Vec<(Level, String)> =
                given.into_iter().filter_map(|(level, value)| Some((level, value?))).collect();
            if given.is_empty() && !off && !default {
                return Err(ApiError::new(Code::InvalidValue, "nothing to change").next(
                    "Specify --critical, --warning or --information, --off, or --default to take back what was set.",
                ));
            }
            let scope = scope_of(service, &rule, scope).await?;
            let levels = match (off, default) {
                (true, _) => Some(Levels::new()),
                (_, true) => None,
                _ => Some(changed(service, &rule, &scope, given).await?),
            };
            service.call(SetLimits { rule: rule.clone(), scope, levels }).await?;
            let mut rules = rules(&service.call(ListLimits {}).await?);
            rules.retain(|one| one.rule == rule);
            let vcenters = service.call(ListVcenters {}).await?;
            output.answer(&rules, || list_of_rules(&rules, &vcenters))?;
        }
    }
    Ok(Exit::Done)
}

/// The levels of a rule for a scope with those that were given in their place.
async fn changed(
    service: &Client,
    of: &str,
    scope: &Scope,
    given: Vec<(Level, String)>,
) -> Result<Levels, ApiError> {
    let set = service.call(ListLimits {}).await?;
    let set = set.into_iter().find(|limits| limits.rule == of && limits.scope == *scope);
    let defaults = || rule(of).map(contract::health::Rule::defaults).unwrap_or_default();
    let mut levels = set.map_or_else(defaults, |limits| limits.levels);
    if rule(of).is_some_and(|rule| !rule.has_values()) {
        // Such a rule has one level.
        levels.clear();
    }
    for (level, value) in given {
        match value.as_str() {
            "off" => levels.remove(&level),
            _ => levels.insert(level, value),
        };
    }
    Ok(levels)
}

async fn findings(service: &Client, output: &Output, asked: HealthAsked) -> Result<Exit, ApiError> {
    let mut vcenters = Vec::new();
    for name in &asked.vcenters {
        vcenters.push(service.call(ShowVcenter { vcenter: name.clone() }).await?.id);
    }
    let (rule, level, waived) = (asked.rule, asked.level, asked.waived);
    let filter = FindingFilter { vcenters, rule, level, waived, ..FindingFilter::default() };
    let found = service.call(ListFindings { filter }).await?;
    let now = service.now();
    output.answer(&found.findings, || list(&found, now))?;
    if !found.paused.is_empty() {
        output.say(&format!("Not checked, because paused: {}.", found.paused.join(", ")));
    }
    if found.findings.is_empty() {
        output.say("No findings.");
    }
    let is_found = found.findings.iter().any(Finding::is_open);
    // Who asks for a level wants to hear of it.
    Ok(if is_found && asked.level.is_some() { Exit::Findings } else { Exit::Done })
}

fn list(found: &Findings, now: Time) -> String {
    let rows = found.findings.iter().map(|one| {
        let title = rule(&one.rule).map_or(one.rule.as_str(), |rule| rule.title);
        let since = one.since.map_or_else(|| "-".to_owned(), |since| ago(since, now));
        let waived = match (one.is_open(), one.waived_until) {
            (true, _) => String::new(),
            (false, None) => " (waived)".to_owned(),
            (false, Some(until)) => format!(" (waived until {})", time(Some(until))),
        };
        vec![
            words::level(one.level).to_owned(),
            one.vcenter.clone(),
            one.name.clone(),
            format!("{title}{waived}{}", covering(one)),
            words::finding(one).unwrap_or_else(|| "-".to_owned()),
            since,
        ]
    });
    let fits = [Fit::Whole, Fit::Words, Fit::Words, Fit::Words, Fit::Words, Fit::Whole];
    match found.findings.is_empty() {
        true => String::new(),
        false => table(&["level", "vCenter", "name", "finding", "value", "since"], &fits, rows),
    }
}

/// How many findings are not listed because this one explains them.
fn covering(finding: &Finding) -> String {
    match finding.covers {
        0 => String::new(),
        many => format!(" (explains {many} more)"),
    }
}

/// What a vCenter is called.
fn named(vcenters: &[Vcenter], id: &VcenterId) -> String {
    vcenters.iter().find(|one| one.id == *id).map_or_else(|| id.to_string(), |one| one.name.clone())
}

/// A rule as it is set.
#[derive(Clone, Debug, Serialize)]
struct ShownRule {
    rule: String,
    title: String,
    kind: String,
    levels: Levels,
    default_levels: Levels,
    scope: Scope,
    conditions: Vec<String>,
    held_seconds: i64,
    advice: String,
}

fn rules(limits: &[Limits]) -> Vec<ShownRule> {
    let mut shown = Vec::new();
    for rule in RULES {
        let conditions = match rule.looks {
            Looks::Vcenter { .. } => Vec::new(),
            Looks::Rows { .. } => rule.given().iter().map(ToString::to_string).collect(),
        };
        let one = |scope: Scope, levels: Levels| ShownRule {
            rule: rule.id.to_owned(),
            title: rule.title.to_owned(),
            kind: rule.kind().map_or("vcenters", Kind::name).to_owned(),
            levels,
            default_levels: rule.defaults(),
            scope,
            conditions: conditions.clone(),
            held_seconds: rule.held_seconds,
            advice: rule.advice.to_owned(),
        };
        let set: Vec<&Limits> = limits.iter().filter(|limits| limits.rule == rule.id).collect();
        if set.iter().all(|limits| limits.scope != Scope::All) {
            shown.push(one(Scope::All, rule.defaults()));
        }
        shown.extend(set.into_iter().map(|limits| one(limits.scope.clone(), limits.levels.clone())));
    }
    shown
}

fn list_of_rules(rules: &[ShownRule], vcenters: &[Vcenter]) -> String {
    let rows = rules.iter().map(|one| {
        let levels = rule(&one.rule).map(|rule| words::levels(&one.levels, rule)).unwrap_or_default();
        vec![one.rule.clone(), levels, words::scope(&one.scope, |id| named(vcenters, id)), one.title.clone()]
    });
    table(&["rule", "levels", "for", "title"], &[Fit::Whole, Fit::Words, Fit::Words, Fit::Words], rows)
}

fn list_of_waivers(waivers: &[Waiver], vcenters: &[Vcenter], now: Time) -> String {
    let rows = waivers.iter().map(|one| {
        let until = match one.until {
            None => "until removed".to_owned(),
            Some(until) if until <= now => format!("{} (ended)", time(Some(until))),
            until => time(until),
        };
        vec![
            one.id.chars().take(8).collect(),
            one.rule.clone(),
            words::scope(&one.scope, |id| named(vcenters, id)),
            until,
            one.by.clone(),
            one.reason.clone(),
        ]
    });
    let fits = [Fit::Whole, Fit::Whole, Fit::Words, Fit::Whole, Fit::Words, Fit::Words];
    match waivers.is_empty() {
        true => String::new(),
        false => table(&["id", "rule", "for", "until", "by", "reason"], &fits, rows),
    }
}

/// What was named on the command line.
async fn scope_of(service: &Client, of: &str, named: HealthScope) -> Result<Scope, ApiError> {
    let HealthScope { vcenter, cluster, name, tag, conditions } = named;
    if let Some(tag) = tag {
        return Ok(Scope::Tag { tag });
    }
    if !conditions.is_empty() {
        return Ok(Scope::Rows { conditions });
    }
    let Some(vcenter) = vcenter else { return Ok(Scope::All) };
    let kind = match rule(of) {
        Some(rule) => rule.kind(),
        // The service says which rules there are.
        None => return Ok(Scope::All),
    };
    let vcenter = service.call(ShowVcenter { vcenter }).await?.id;
    if let Some(cluster) = cluster {
        let moref = named_object(service, &vcenter, Kind::Clusters, &cluster).await?;
        return Ok(Scope::Cluster { vcenter, moref });
    }
    if let Some(name) = name {
        let kind = kind.ok_or_else(|| {
            ApiError::new(Code::InvalidValue, format!("{of} looks at vCenters, and not at objects in them"))
                .next("Leave out --name.")
        })?;
        let moref = named_object(service, &vcenter, kind, &name).await?;
        return Ok(Scope::Object { vcenter, kind, moref, name });
    }
    Ok(Scope::Vcenter { vcenter })
}

/// The object of that name or moref.
async fn named_object(
    service: &Client,
    vcenter: &VcenterId,
    kind: Kind,
    name: &str,
) -> Result<contract::Moref, ApiError> {
    let by = |column: &str| {
        let query = RowQuery { vcenters: vec![vcenter.clone()], limit: 2, ..RowQuery::count(kind) };
        ReadRows { query: query.with(column, name) }
    };
    let mut rows = service.call(by("moref")).await?.rows;
    if rows.is_empty() {
        rows = service.call(by("name")).await?.rows;
    }
    match &*rows {
        [one] => Ok(one.moref.clone()),
        [] => Err(ApiError::new(
            Code::NotFound,
            format!("there is no {} \"{}\"", kind.singular(), words::excerpt(name)),
        )
        .next("Specify its name or its moref; musterctl inventory lists both.")),
        _ => Err(ApiError::new(
            Code::InvalidValue,
            format!("several {kind} are called \"{}\"", words::excerpt(name)),
        )
        .next("Specify its moref; musterctl inventory lists it.")),
    }
}
