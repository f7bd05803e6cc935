//! Whether a policy can be: everything that its file may have wrong.
//! Refuses to store what could not run, and to guess what was meant.

use super::plan;
use crate::configuration::is_a_tag;
use crate::deliveries;
use crate::discovery;
use crate::schedules::due;
use crate::validate::{self, invalid};
use contract::policy::{Conditions, How, PolicySettings, Rows, Step};
use contract::{ApiError, Condition, Timing, designated, trimmed};
use store::{DestinationRecord, VcenterRecord};

/// Triggers, steps and conditions of a policy, at most.
const MOST: usize = 20;

/// The longest pause between two batches and the longest run, seconds.
const LONGEST: u64 = 7 * 86_400;

/// Settings as they are stored: vCenters by their ids. The tags that a policy has already may be on no vCenter any more.
pub(super) fn checked(
    asked: PolicySettings,
    vcenters: &[VcenterRecord],
    destinations: &[DestinationRecord],
    tags_before: &[String],
) -> Result<PolicySettings, ApiError> {
    let name = validate::name("policy", &asked.name)?;
    for (what, number) in [
        ("\"when\"", asked.when.len()),
        ("\"do\"", asked.steps.len()),
        ("\"rows\"", asked.conditions.rows.len()),
    ] {
        if number > MOST {
            return Err(invalid(
                format!("{what} has {number} entries; {MOST} are possible"),
                "Leave some out.",
            ));
        }
    }
    if asked.steps.is_empty() {
        return Err(invalid(
            "the policy does nothing".to_owned(),
            "Add a step to \"do\", such as {\"step\": \"full_sync\"}.",
        ));
    }
    let zone = asked.zone.filter(|zone| !zone.trim().is_empty()).unwrap_or_else(due::own_zone);
    let settings = PolicySettings {
        name,
        conditions: conditions(asked.conditions, vcenters, tags_before)?,
        zone: Some(zone),
        ..asked
    };
    // Its zone and its quiet hours, whether or not it has a time.
    let every_hour = Timing::EverySeconds(3600);
    let timings = settings.when.iter().filter_map(contract::policy::Trigger::timing);
    let mut zone = None;
    for timing in timings.chain([every_hour]) {
        let plan = plan(&settings, &timing).map_err(|(_, error)| *error)?;
        zone = Some(plan.zone_name().to_owned());
    }
    for step in &settings.steps {
        match step {
            Step::SyncHosts { clusters } if clusters.iter().any(|cluster| trimmed(cluster).is_empty()) => {
                return Err(invalid(
                    "a cluster has no name".to_owned(),
                    "Leave out clusters to read all hosts.",
                ));
            }
            _ => {}
        }
    }
    let settings = PolicySettings {
        steps: settings.steps.into_iter().map(|step| normal(step, destinations)).collect::<Result<_, _>>()?,
        ..settings
    };
    how(&settings.how)?;
    Ok(PolicySettings { zone, ..settings })
}

/// A step as it is stored.
fn normal(step: Step, destinations: &[DestinationRecord]) -> Result<Step, ApiError> {
    Ok(match deliveries::of_step(step, destinations)? {
        Step::Scan { scan } => Step::Scan { scan: Box::new(discovery::checked(*scan)?) },
        step => step,
    })
}

fn conditions(
    asked: Conditions,
    vcenters: &[VcenterRecord],
    tags_before: &[String],
) -> Result<Conditions, ApiError> {
    let mut chosen = Vec::new();
    for designation in &asked.vcenters {
        let record =
            designated(vcenters, designation, "vCenter", |one| (&one.vcenter.name, one.vcenter.id.as_str()))?;
        chosen.push(record.vcenter.id.to_string());
    }
    chosen.sort();
    chosen.dedup();
    let mut tags: Vec<String> = asked.tags.iter().map(|tag| trimmed(tag).to_owned()).collect();
    tags.sort();
    tags.dedup();
    tags.iter().filter(|tag| !tags_before.contains(tag)).try_for_each(|tag| is_a_tag(tag, vcenters))?;
    asked.rows.iter().try_for_each(|rows| parsed(rows).map(drop))?;
    let quiet = asked.quiet.filter(|quiet| !quiet.trim().is_empty());
    Ok(Conditions { vcenters: chosen, tags, quiet, rows: asked.rows })
}

/// The conditions on rows, as they are tested.
pub(super) fn parsed(rows: &Rows) -> Result<Vec<Condition>, ApiError> {
    if rows.at_least == 0 {
        return Err(invalid("\"at_least\" is 0".to_owned(), "0 rows always match: choose 1 or more."));
    }
    let conditions = rows.conditions.iter().map(|text| {
        let condition: Condition = text.parse()?;
        condition.on(rows.kind)?;
        Ok(condition)
    });
    conditions.collect()
}

fn how(how: &How) -> Result<(), ApiError> {
    let zero = [
        ("batch", how.batch.map(u64::from)),
        ("stop_after", how.stop_after.map(u64::from)),
        ("most_seconds", how.most_seconds),
    ];
    if let Some((what, _)) = zero.into_iter().find(|(_, number)| *number == Some(0)) {
        return Err(invalid(format!("\"{what}\" is 0"), "Choose 1 or more, or leave it out."));
    }
    for (what, seconds) in
        [("pause_seconds", how.pause_seconds), ("most_seconds", how.most_seconds.unwrap_or(0))]
    {
        if seconds > LONGEST {
            return Err(invalid(
                format!("\"{what}\" is {seconds}"),
                "Choose at most 604800, which is a week.",
            ));
        }
    }
    Ok(())
}
