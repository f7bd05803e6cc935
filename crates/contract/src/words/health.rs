//! Findings of health rules, and what is set about the rules, in words.
//! Refuses to know where they are shown.

use super::{duration, value};
use crate::columns;
use crate::health::{Finding, Level, Levels, Looks, Rule, Scope, rule};
use crate::{Operator, VcenterId};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a level is called.
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Critical => "Critical",
        Level::Warning => "Warning",
        Level::Information => "Information",
    }
}

/// What was found, in words; `None` where the finding says all.
pub fn finding(finding: &Finding) -> Option<String> {
    let rule = rule(&finding.rule)?;
    let said = |id: Option<&'static str>, json: &Json| {
        let column = columns::of(rule.columns()?).column(id?)?;
        value(column, json)
    };
    match rule.looks {
        Looks::Vcenter { beyond, .. } => {
            let measured = finding.value.as_i64().filter(|_| beyond.is_some())?;
            Some(match rule.id {
                "vcenter-sync-failed" => {
                    super::counted(usize::try_from(measured).ok()?, "failure", "failures")
                }
                _ if measured < 0 => "expired".to_owned(),
                _ => duration(measured),
            })
        }
        Looks::Rows { .. } => {
            let (found, detail) = (said(rule.shown(), &finding.value), said(rule.detail(), &finding.detail));
            match (found, detail) {
                (Some(found), Some(detail)) => Some(format!("{found} ({detail})")),
                (found, detail) => found.or(detail),
            }
        }
    }
}

/// From when on a rule finds something: `critical below 5, warning below 15`.
pub fn levels(levels: &Levels, rule: &Rule) -> String {
    let how = match rule.operator() {
        Some(Operator::Above) => "above ",
        Some(Operator::Below) => "below ",
        Some(Operator::AtLeast) => "from ",
        _ => "",
    };
    let one = |(level, value): (&Level, &String)| match value.is_empty() {
        true => self::level(*level).to_lowercase(),
        false => format!("{} {how}{value}", self::level(*level).to_lowercase()),
    };
    match levels.is_empty() {
        true => "off".to_owned(),
        false => levels.iter().rev().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// What a setting is for. `name` says what a vCenter is called.
pub fn scope(scope: &Scope, name: impl Fn(&VcenterId) -> String) -> String {
    match scope {
        Scope::All => "everything".to_owned(),
        Scope::Tag { tag } => format!("tag {tag}"),
        Scope::Vcenter { vcenter } => name(vcenter),
        Scope::Cluster { vcenter, moref } => format!("{}: cluster {moref}", name(vcenter)),
        Scope::Object { vcenter, moref, name: called, .. } => {
            format!("{}: {}", name(vcenter), if called.is_empty() { moref } else { called.as_str() })
        }
        Scope::Rows { conditions } => conditions.join(", "),
    }
}

/// How many findings there are: `7 critical, 60 warning` where they are of several levels.
pub fn by_level(levels: &BTreeMap<Level, usize>) -> String {
    let one = |(level, count): (&Level, &usize)| {
        let count = super::grouped(i64::try_from(*count).unwrap_or(i64::MAX));
        match levels.len() {
            1 => count,
            _ => format!("{count} {}", self::level(*level).to_lowercase()),
        }
    };
    levels.iter().rev().map(one).collect::<Vec<_>>().join(", ")
}
