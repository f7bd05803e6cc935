//! What the health page shows, as its address has it, and where findings lead.
//! Refuses to hold findings: it is a question, and the service has the answer.

use super::route::{Route, Selected};
use super::table::View;
use super::words::Level as Shade;
use contract::analytics::Window;
use contract::health::{Attention, Finding, FindingFilter, Findings, Level, Scope, rule};
use contract::{Condition, Kind, Moref, Operator, Vcenter, VcenterId};
use std::collections::BTreeMap;

/// Which part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// What was found.
    #[default]
    Findings,
    /// The rules, and what is set about them.
    Rules,
    /// What is silenced.
    Waivers,
    /// How many findings were open.
    OverTime,
}

impl Part {
    /// Every one, in their order.
    pub(crate) const ALL: [Part; 4] = [Part::Findings, Part::Rules, Part::Waivers, Part::OverTime];

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Part::Findings => "Findings",
            Part::Rules => "Rules",
            Part::Waivers => "Waivers",
            Part::OverTime => "Over time",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Part::Findings => "",
            Part::Rules => "rules",
            Part::Waivers => "waivers",
            Part::OverTime => "over-time",
        }
    }
}

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looking {
    pub(crate) part: Part,
    /// One vCenter, or all.
    pub(crate) vcenter: Option<VcenterId>,
    /// One datacenter of it, or all.
    pub(crate) datacenter: Option<Moref>,
    /// How far back.
    pub(crate) window: Option<Window>,
    /// Findings at least as bad as this.
    pub(crate) level: Option<Level>,
    /// Silenced ones, too.
    pub(crate) waived: bool,
    /// The rule whose findings are listed, or that is edited.
    pub(crate) rule: Option<String>,
}

impl Looking {
    /// What an address says.
    pub(crate) fn parse(part: &str, pairs: &[(String, String)]) -> Option<Looking> {
        let part = Part::ALL.into_iter().find(|one| one.name() == part)?;
        let value = |key: &str| pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        Some(Looking {
            part,
            vcenter: value("vcenter").map(VcenterId),
            datacenter: value("datacenter").map(|moref| moref.as_str().into()),
            window: value("window").and_then(|name| Window::from_name(&name)),
            level: value("level").and_then(|name| Level::from_name(&name)),
            waived: value("waived").is_some(),
            rule: value("rule"),
        })
    }

    /// The path of its address, and what stands behind it.
    pub(crate) fn address(&self) -> (String, Vec<(String, String)>) {
        let path = match self.part {
            Part::Findings => "/health".to_owned(),
            part => format!("/health/{}", part.name()),
        };
        let pairs = [
            ("vcenter", self.vcenter.as_ref().map(|id| id.to_string())),
            ("datacenter", self.datacenter.as_deref().map(str::to_owned)),
            ("window", self.window.map(|window| window.name().to_owned())),
            ("level", self.level.map(|level| level.name().to_owned())),
            ("waived", self.waived.then(String::new)),
            ("rule", self.rule.clone()),
        ];
        (path, pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
    }

    /// It as a question: the findings of the rule that is open, and how many the others have.
    pub(crate) fn filter(&self, limit: usize) -> FindingFilter {
        FindingFilter {
            vcenters: self.vcenter.iter().cloned().collect(),
            datacenter: self.datacenter.clone(),
            // Without an open rule only counts are wanted.
            rule: self.rule.clone(),
            level: self.level,
            waived: self.waived,
            limit: Some(if self.rule.is_some() { limit } else { 0 }),
        }
    }
}

/// How bad a level looks.
pub(crate) fn shade(level: Level) -> Shade {
    match level {
        Level::Critical => Shade::Danger,
        Level::Warning => Shade::Warning,
        Level::Information => Shade::Info,
    }
}

/// The worst level of what is open of a rule; `None` where all is silenced.
pub(crate) fn worst(open: &BTreeMap<Level, usize>) -> Option<Level> {
    open.iter().filter(|(_, count)| **count > 0).map(|(level, _)| *level).max()
}

/// How many findings of each level are open, the worst level first.
pub(crate) fn totals(findings: &Findings) -> [(Level, usize); 3] {
    Level::ALL.map(|level| (level, findings.rules.iter().filter_map(|one| one.open.get(&level)).sum()))
}

/// Where what a finding is about stands.
pub(crate) fn place(finding: &Finding) -> Route {
    let vcenter = finding.vcenter_id.clone();
    match (Kind::from_name(&finding.kind), &finding.moref) {
        (Some(kind), Some(moref)) => Route::Inventory(Box::new(View {
            conditions: rule(&finding.rule).map(|rule| rule.given()).unwrap_or_default(),
            open: Some(Selected { vcenter, moref: moref.clone() }),
            ..View::of(kind)
        })),
        _ => Route::Vcenters { one: Some(vcenter), dialog: None },
    }
}

/// The rows that a rule finds, with the threshold of the mildest of these findings, of the vCenter and datacenter that are looked
/// at.
pub(crate) fn rows(id: &str, threshold: Option<&str>, looking: &Looking) -> Option<Route> {
    let rule = rule(id)?;
    let beyond = threshold.or_else(|| rule.levels.last().map(|(_, value)| *value));
    let beyond = beyond.and_then(|value| rule.beyond(value));
    let datacenter = looking.datacenter.as_ref().map(|moref| Condition {
        column: "datacenter_moref".to_owned(),
        operator: Operator::Is,
        value: moref.to_string(),
    });
    let conditions: Vec<Condition> = rule.given().into_iter().chain(beyond).chain(datacenter).collect();
    Some(match rule.kind() {
        Some(kind) => Route::Inventory(Box::new(View {
            conditions,
            vcenter: looking.vcenter.clone(),
            ..View::of(kind)
        })),
        None => Route::vcenters(),
    })
}

/// What a waiver of a finding can be for: its words and the scope, the narrowest first.
pub(crate) fn scopes(finding: &Finding) -> Vec<(String, Scope)> {
    let vcenter = finding.vcenter_id.clone();
    let object = match (Kind::from_name(&finding.kind), &finding.moref) {
        (Some(kind), Some(moref)) => {
            let (vcenter, name) = (vcenter.clone(), finding.name.clone());
            let scope = Scope::Object { vcenter, kind, moref: moref.clone(), name };
            Some((format!("{} only", finding.name), scope))
        }
        _ => None,
    };
    let of_vcenter = (format!("Everything in {}", finding.vcenter), Scope::Vcenter { vcenter });
    object.into_iter().chain([of_vcenter, ("All vCenters".to_owned(), Scope::All)]).collect()
}

/// What a snooze of a line can be for: the vCenter that it is all in, and everything.
pub(crate) fn scopes_of_line(line: &Attention, vcenters: &[Vcenter]) -> Vec<(String, Scope)> {
    let one = match &*line.r#where {
        [name] => vcenters.iter().find(|one| one.name == *name),
        _ => None,
    };
    let of_vcenter =
        one.map(|one| (format!("Everything in {}", one.name), Scope::Vcenter { vcenter: one.id.clone() }));
    of_vcenter.into_iter().chain([("All vCenters".to_owned(), Scope::All)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_has_an_address_that_leads_back() {
        for part in Part::ALL {
            let looking = Looking {
                part,
                vcenter: Some(VcenterId("0190".into())),
                datacenter: Some("datacenter-2".into()),
                window: Some(Window::Week),
                level: Some(Level::Warning),
                waived: true,
                rule: Some("snapshot-old".into()),
            };
            let route = Route::Health(looking);
            assert_eq!(Route::parse(&route.to_string()), route, "{route}");
            let plain = Route::Health(Looking { part, ..Looking::default() });
            assert_eq!(Route::parse(&plain.to_string()), plain, "{plain}");
        }
        assert_eq!(Route::parse("#/health/nothing"), Route::Overview);
    }

    #[test]
    fn the_rows_of_a_rule_are_its_conditions_with_the_threshold() {
        let Some(Route::Inventory(view)) = rows("datastore-free", Some("20"), &Looking::default()) else {
            panic!()
        };
        let conditions: Vec<String> = view.conditions.iter().map(ToString::to_string).collect();
        assert_eq!(conditions, ["accessible=yes", "is_local=no", "type!=vsan", "free_percent<20"]);
        let Some(Route::Inventory(view)) = rows("datastore-free", None, &Looking::default()) else {
            panic!()
        };
        assert!(view.conditions.iter().any(|one| one.to_string() == "free_percent<15"), "its mildest level");
        assert_eq!(rows("vcenter-stale", None, &Looking::default()), Some(Route::vcenters()));
        assert_eq!(rows("no-such-rule", None, &Looking::default()), None);
    }
}
