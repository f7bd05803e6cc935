//! The commands about health rules: what they find, and what is set about them.
//! Refuse a setting that could never hold, and a waiver without a reason.

use crate::call::{Admitted, Answer, Handler};
use crate::configuration::is_a_tag;
use crate::{Service, explain};
use contract::command::{
    AddWaiver, CountFindings, ListAttention, ListFindings, ListLimits, ListWaivers, RemoveWaiver, SetLimits,
};
use contract::health::{Level, Levels, Limits, Looks, Rule, Scope, Waiver, rule};
use contract::{ApiError, Code, Condition, Event, Kind, Operator};

/// How long a reason may be.
const LONGEST_REASON: usize = 1_000;

/// How many conditions a waiver may have, and how long each.
const MOST_CONDITIONS: usize = 20;
const LONGEST_CONDITION: usize = 200;

/// How long findings may be silenced for: what is meant for longer is meant for ever.
const LONGEST: i64 = 3 * 366 * 86_400_000;

impl Handler for ListFindings {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        if let Some(id) = &self.filter.rule {
            known(id)?;
        }
        call.findings(self.filter).await
    }
}

impl Handler for ListAttention {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.attention().await
    }
}

impl Handler for CountFindings {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.open_findings().await
    }
}

impl Handler for ListLimits {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.health_limits().await.map_err(explain::store)
    }
}

impl Handler for ListWaivers {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.waivers().await.map_err(explain::store)
    }
}

impl Handler for SetLimits {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let of = known(&self.rule)?;
        if matches!(self.scope, Scope::Object { .. } | Scope::Rows { .. }) {
            return Err(invalid(
                "thresholds can't be set for single objects",
                "Set them for everything, a tag, a vCenter or a cluster; waive what a rule finds of one object.",
            ));
        }
        // What was set for something that is gone can be taken back.
        if self.levels.is_some() {
            call.is_a_scope(of, &self.scope).await?;
        }
        let limits = match self.levels {
            Some(levels) => {
                fit(of, &levels)?;
                Some(Limits { rule: self.rule.clone(), scope: self.scope.clone(), levels })
            }
            None => None,
        };
        let store = call.store();
        store.set_health_limits(&self.rule, &self.scope, limits.as_ref()).await.map_err(explain::store)?;
        call.inner.events.publish(Event::HealthChanged);
        call.record_all();
        Ok(())
    }
}

impl Handler for AddWaiver {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let new = self.waiver;
        let (of, now) = (known(&new.rule)?, call.now());
        call.is_a_scope(of, &new.scope).await?;
        let reason = new.reason.trim();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
            return Err(invalid(
                format!("a reason of 1 to {LONGEST_REASON} characters is needed"),
                "Say why this is not to be reported: whoever finds it silenced later will want to know.",
            ));
        }
        if let Some(until) =
            new.until.filter(|until| !(now.0..now.0.saturating_add(LONGEST)).contains(&until.0))
        {
            let why = if until <= now { "is over already" } else { "is more than three years from now" };
            return Err(invalid(
                format!("{until} {why}"),
                "Specify a time within the next three years, or none.",
            ));
        }
        let waiver = Waiver {
            id: uuid::Uuid::new_v4().to_string(),
            rule: new.rule,
            scope: call.named(new.scope).await?,
            reason: reason.to_owned(),
            until: new.until,
            at: now,
            by: call.caller().who().to_owned(),
        };
        call.store().add_waiver(&waiver).await.map_err(explain::store)?;
        call.inner.events.publish(Event::HealthChanged);
        Ok(waiver)
    }
}

impl Handler for RemoveWaiver {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let all = call.inner.store.waivers().await.map_err(explain::store)?;
        let mut meant = all.iter().filter(|one| one.id.starts_with(&self.waiver));
        let id = match (meant.next(), meant.next()) {
            (Some(one), None) if !self.waiver.is_empty() => one.id.clone(),
            (Some(_), Some(_)) => {
                return Err(invalid(
                    format!("\"{}\" is the beginning of several waivers", shown(&self.waiver)),
                    "Type more of its id.",
                ));
            }
            _ => return Err(no_waiver(&self.waiver)),
        };
        let removed = call.store().remove_waiver(&id).await.map_err(explain::store)?;
        call.inner.events.publish(Event::HealthChanged);
        removed.ok_or_else(|| no_waiver(&self.waiver))
    }
}

fn invalid(message: impl Into<String>, next: impl Into<String>) -> ApiError {
    ApiError::new(Code::InvalidValue, message.into()).next(next.into())
}

fn shown(text: &str) -> String {
    contract::words::excerpt(text)
}

fn no_waiver(id: &str) -> ApiError {
    let message = format!("there is no waiver \"{}\"", shown(id));
    ApiError::new(Code::NotFound, message).next("List the waivers to see their ids.")
}

/// The rule of this id, or an error that lists all.
fn known(id: &str) -> Result<&'static Rule, ApiError> {
    rule(id).ok_or_else(|| {
        let all: Vec<&str> = contract::health::RULES.iter().map(|rule| rule.id).collect();
        ApiError::new(Code::NotFound, format!("there is no rule \"{}\"", shown(id)))
            .next(format!("The rules are: {}.", all.join(", ")))
    })
}

/// Whether levels fit a rule: values where it has values, each worse level beyond the one before.
fn fit(rule: &Rule, levels: &Levels) -> Result<(), ApiError> {
    for (level, value) in levels {
        if rule.has_values() == value.trim().is_empty() {
            let needs = if rule.has_values() { "needs a value" } else { "takes no value" };
            let next = match rule.has_values() {
                true => format!("Give one such as {}.", rule.levels[0].1),
                false => "Only its level can be changed, or the rule turned off.".to_owned(),
            };
            return Err(invalid(format!("\"{}\" of {} {needs}", level.name(), rule.id), next));
        }
        match &rule.looks {
            Looks::Rows { kind, .. } => {
                if let Some(condition) = rule.beyond(value) {
                    condition.on(*kind)?;
                }
            }
            Looks::Vcenter { .. } if !value.is_empty() && !is_like(value, rule.levels[0].1) => {
                return Err(invalid(
                    format!("\"{}\" doesn't fit {}", shown(value), rule.id),
                    format!("Give a value such as {}.", rule.levels[0].1),
                ));
            }
            Looks::Vcenter { .. } => {}
        }
    }
    in_order(rule, levels)?;
    if !rule.has_values() && levels.len() > 1 {
        return Err(invalid(
            format!("{} can have one level", rule.id),
            "Choose critical, warning or information, or turn it off.",
        ));
    }
    Ok(())
}

/// Whether a value is of the sort of another one: a duration, or a number.
fn is_like(value: &str, other: &str) -> bool {
    let (duration, number) = (contract::duration_in_seconds(value).is_some(), value.parse::<i64>().is_ok());
    if other.parse::<i64>().is_ok() { number } else { duration }
}

/// Refuses a level that could never be reached, because a worse one begins before it.
fn in_order(rule: &Rule, levels: &Levels) -> Result<(), ApiError> {
    let number = |value: &String| {
        super::judge::number(value).map(|number| number as f64).or_else(|| value.parse().ok())
    };
    let mut before: Option<(Level, f64)> = None;
    for (level, value) in levels {
        let Some(value) = number(value) else { continue };
        let rises = match rule.operator() {
            Some(Operator::Above | Operator::AtLeast) => true,
            Some(_) => false,
            None => continue,
        };
        if let Some((milder, other)) = before
            && (if rises { value <= other } else { value >= other })
        {
            return Err(invalid(
                format!("{} would begin before {}", level.name(), milder.name()),
                format!(
                    "Give {} a value that is reached later than that of {}.",
                    level.name(),
                    milder.name()
                ),
            ));
        }
        before = Some((*level, value));
    }
    Ok(())
}

/// The kinds of which each object lies in clusters.
fn lies_in_clusters(kind: Option<Kind>) -> bool {
    matches!(kind, Some(Kind::Clusters | Kind::Hosts | Kind::Vms | Kind::Snapshots | Kind::Datastores))
}

impl Service {
    /// Refuses a scope that means nothing for a rule, or nothing that there is.
    async fn is_a_scope(&self, rule: &Rule, scope: &Scope) -> Result<(), ApiError> {
        match scope {
            Scope::All => Ok(()),
            Scope::Tag { tag } => is_a_tag(tag, &self.records().await?),
            Scope::Vcenter { vcenter } => self.record(vcenter.as_str()).await.map(drop),
            Scope::Cluster { .. } if !lies_in_clusters(rule.kind()) => Err(invalid(
                format!("{} looks at nothing that lies in a cluster", rule.id),
                "Set it for a vCenter, a tag or everything.",
            )),
            Scope::Cluster { vcenter, moref } => self.has_object(vcenter, Kind::Clusters, moref).await,
            Scope::Object { vcenter, kind, moref, .. } if rule.kind() == Some(*kind) => {
                self.has_object(vcenter, *kind, moref).await
            }
            Scope::Object { kind, .. } => {
                Err(invalid(format!("{} doesn't look at {kind}", rule.id), "Choose another rule."))
            }
            Scope::Rows { conditions } => {
                let kind = rule.kind().ok_or_else(|| {
                    invalid(
                        format!("{} looks at vCenters, which have no columns", rule.id),
                        "Waive it for a vCenter, a tag or everything.",
                    )
                })?;
                if conditions.is_empty() {
                    return Err(invalid("there is no condition", "Give one such as name~test."));
                }
                if conditions.len() > MOST_CONDITIONS
                    || conditions.iter().any(|text| text.len() > LONGEST_CONDITION)
                {
                    return Err(invalid(
                        format!(
                            "at most {MOST_CONDITIONS} conditions of {LONGEST_CONDITION} characters can be given"
                        ),
                        "Give fewer or shorter ones.",
                    ));
                }
                for text in conditions {
                    text.parse::<Condition>()?.on(kind)?;
                }
                Ok(())
            }
        }
    }

    /// The scope with the name that its object has now, whatever the caller calls it.
    async fn named(&self, scope: Scope) -> Result<Scope, ApiError> {
        let Scope::Object { vcenter, kind, moref, .. } = scope else { return Ok(scope) };
        let snapshot = self.read(&vcenter).await?;
        let name =
            snapshot.get(kind, &moref).and_then(|object| object.stored("name").as_text()).unwrap_or_default();
        let name = name.chars().take(LONGEST_CONDITION).collect();
        Ok(Scope::Object { vcenter, kind, moref, name })
    }

    async fn has_object(
        &self,
        vcenter: &contract::VcenterId,
        kind: Kind,
        moref: &str,
    ) -> Result<(), ApiError> {
        let name = self.record(vcenter.as_str()).await?.vcenter.name;
        if self.read(vcenter).await?.get(kind, moref).is_some() {
            return Ok(());
        }
        let shown = shown(moref);
        Err(ApiError::new(Code::NotFound, format!("{name} has no {} \"{shown}\"", kind.singular()))
            .next("Sync the vCenter, or choose another object."))
    }

    /// Writes down what is found by the rules as they are set now.
    fn record_all(&self) {
        let service = self.clone();
        self.inner.background.spawn(async move {
            for record in service.records().await.unwrap_or_default() {
                service.inner.health.record(&record.vcenter).await;
            }
        });
    }
}
