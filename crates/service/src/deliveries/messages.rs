//! What messages say: a mail as text, a webhook's event as JSON.
//! Refuses to say a password; what failed of a step is said as the operation says it.

use crate::Service;
use contract::destination::{Delivery, SoFar};
use contract::health::{Finding, FindingFilter, Findings, Level, rule};
use contract::{ApiError, Time, VcenterId, words};
use serde_json::{Value, json};

/// Findings that a mail lists, and that an event has.
const IN_A_MAIL: usize = 30;
const IN_AN_EVENT: usize = 200;

/// Letters of a line of a mail.
const LINE: usize = 900;

/// A mail.
pub(super) struct Message {
    pub(super) subject: String,
    pub(super) text: String,
}

/// What is wrong now.
struct Summary {
    counts: Vec<(Level, usize)>,
    /// The worst.
    findings: Vec<Finding>,
    /// vCenters that are left out, because somebody paused them.
    paused: Vec<String>,
}

/// A delivery as a mail.
pub(super) async fn mail(service: &Service, delivery: &Delivery) -> Result<Message, ApiError> {
    let foot = "\n--\nSent by Muster, by the policy that the subject names.\n";
    Ok(match delivery {
        Delivery::Run { run } => {
            let why = words::within_a_sentence(words::cause(&run.cause));
            let subject = subject(&format!("[Muster] {}: {why}", run.name));
            Message { subject, text: format!("{}{foot}", of_run(run)) }
        }
        Delivery::Health { run } => {
            let summary = summary(service, run, IN_A_MAIL).await?;
            let subject = subject(&format!("[Muster] {}: {}", run.name, counted(&summary.counts)));
            Message { subject, text: format!("{}{foot}", of_health(&summary)) }
        }
        Delivery::Test { .. } | Delivery::Rows { .. } => Message {
            subject: "[Muster] Test".to_owned(),
            text: "This is a test: mail from Muster arrives here.\n".to_owned(),
        },
    })
}

/// A delivery as an event.
pub(super) async fn json(service: &Service, delivery: &Delivery, now: Time) -> Result<Value, ApiError> {
    let (kind, data) = match delivery {
        Delivery::Run { run } => ("policy.run", run_data(run)),
        Delivery::Health { run } => {
            let summary = summary(service, run, IN_AN_EVENT).await?;
            let counts: Value = summary
                .counts
                .iter()
                .map(|(level, count)| (level.name().to_owned(), Value::from(*count)))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let mut data = run_data(run);
            data["open"] = counts;
            data["findings"] = serde_json::to_value(&summary.findings).unwrap_or_default();
            data["paused"] = json!(summary.paused);
            ("health.summary", data)
        }
        Delivery::Test { .. } | Delivery::Rows { .. } => ("test", json!({})),
    };
    Ok(json!({ "type": kind, "timestamp": now, "data": data }))
}

fn run_data(run: &SoFar) -> Value {
    json!({
        "run": run.run,
        "policy": run.policy,
        "name": run.name,
        "cause": { "what": run.cause.what, "at": run.cause.at },
        "vcenters": run.names,
        "left_out": run.left_out,
        "steps": run.steps,
    })
}

fn of_run(run: &SoFar) -> String {
    let mut lines = vec![
        format!("Policy: {}", run.name),
        format!("Why: {}", words::cause(&run.cause)),
        format!("When: {}", run.cause.at),
    ];
    lines.extend((!run.names.is_empty()).then(|| format!("vCenters: {}", run.names.join(", "))));
    lines.extend((!run.left_out.is_empty()).then(|| format!("Left out: {}", run.left_out.join(", "))));
    if !run.steps.is_empty() {
        lines.extend([String::new(), "What the run has done by now:".to_owned()]);
        lines.extend(run.steps.iter().map(|step| format!("- {}", words::ran_step(step))));
    }
    text(&lines)
}

fn of_health(summary: &Summary) -> String {
    let mut lines = vec![format!("{}.", words::capital(&counted(&summary.counts))), String::new()];
    for one in &summary.findings {
        let title = rule(&one.rule).map_or(&*one.rule, |rule| rule.title);
        let more = words::finding(one).map(|more| format!(" ({more})")).unwrap_or_default();
        lines.push(format!("{}  {}  {} on {}{more}", words::level(one.level), title, one.name, one.vcenter));
    }
    let all: usize = summary.counts.iter().map(|(_, count)| count).sum();
    let left = all.saturating_sub(summary.findings.len());
    lines.extend((left > 0).then(|| format!("And {left} more, which the page Health lists.")));
    lines.extend(
        (!summary.paused.is_empty()).then(|| format!("Left out, paused: {}", summary.paused.join(", "))),
    );
    text(&lines)
}

/// Lines of a mail: no name in one of them begins another, or turns its direction.
fn text(lines: &[String]) -> String {
    lines.iter().map(|line| words::cut(line, LINE) + "\n").collect()
}

/// `3 critical, 12 warning findings`.
fn counted(counts: &[(Level, usize)]) -> String {
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return "no findings".to_owned();
    }
    let parts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {}", level.name()))
        .collect();
    format!("{} {}", parts.join(", "), if all == 1 { "finding" } else { "findings" })
}

/// What is wrong on the vCenters of a run.
async fn summary(service: &Service, run: &SoFar, most: usize) -> Result<Summary, ApiError> {
    let vcenters: Vec<VcenterId> =
        super::vcenters(service, run).await?.into_iter().map(|one| one.id).collect();
    let found = match vcenters.is_empty() {
        // Of none there is nothing, and an empty filter means all.
        true => Findings { findings: Vec::new(), rules: Vec::new(), paused: Vec::new() },
        false => service.findings(FindingFilter { vcenters, ..FindingFilter::default() }).await?,
    };
    let of = |level: Level| (level, found.findings.iter().filter(|one| one.level == level).count());
    let counts = Level::ALL.map(of).to_vec();
    let findings = found.findings.into_iter().take(most).collect();
    Ok(Summary { counts, findings, paused: found.paused })
}

fn subject(text: &str) -> String {
    words::cut(text, 200)
}
