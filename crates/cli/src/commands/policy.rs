//! `policy …`.
//! Refuses to know what a policy may say: the service checks the file, and says what is wrong with it.

use crate::args::Policy as Command;
use crate::ask;
use crate::commands::{schedule, sync};
use crate::exit::Exit;
use crate::files::read_at_most;
use crate::interrupts::Interrupts;
use crate::output::{Output, card, table, time};
use contract::command::{
    AddPolicy, DryRunPolicy, EditPolicy, EnablePolicy, ListPolicies, ListRuns, RemovePolicy, RunPolicy,
    ShowPolicy,
};
use contract::policy::{DryRun, Policy, PolicyRun, PolicySettings, Ran};
use contract::{ApiError, Code, Subject, words};
use service::Client;
use std::io::Read;
use std::path::Path;

/// The largest file of a policy: a scan with a CA of a mebibyte is the largest that makes sense.
const LARGEST: usize = 2 << 20;

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    match command {
        Command::List => {
            let all = service.call(ListPolicies {}).await?;
            output.answer(&all, || list(output, &all))?;
        }
        Command::Show { name } => {
            let policy = service.call(ShowPolicy { policy: name }).await?;
            output.answer(&policy, || show(&policy))?;
        }
        Command::Add { file } => {
            service.may::<AddPolicy>(Subject::only("policy")).await?;
            let Typed { settings, .. } = typed(&file)?;
            let added = service.call(AddPolicy { settings }).await?;
            output.answer(&added, || show(&added))?;
            schedule::say_who_starts("policies", service, output).await?;
        }
        Command::Edit { name, file } => {
            service.may::<EditPolicy>(Subject::new_policy(&name)).await?;
            let before = service.call(ShowPolicy { policy: name }).await?;
            let Typed { settings, made_from } = typed(&file)?;
            let edition = made_from.unwrap_or(before.edition);
            let edited = service.call(EditPolicy { policy: before.id, edition, settings }).await?;
            output.answer(&edited, || show(&edited))?;
        }
        Command::Run { name, dry_run: true, .. } => {
            let policy = service.call(ShowPolicy { policy: name }).await?;
            let dry = service.call(DryRunPolicy { settings: policy.settings() }).await?;
            output.answer(&dry, || dry_run(&policy.name, &dry))?;
        }
        Command::Run { name, detach, .. } => {
            service.may::<RunPolicy>(Subject::new_policy(&name)).await?;
            let policy = service.call(ShowPolicy { policy: name }).await?.id;
            let id = service.call(RunPolicy { policy, detached: detach }).await?;
            return sync::follow(service, output, interrupts, &[id], detach).await;
        }
        Command::Runs { name, limit } => {
            let policy = service.call(ShowPolicy { policy: name }).await?;
            let runs = service.call(ListRuns { policy: policy.id, limit }).await?;
            output.answer(&runs, || listed_runs(output, &runs))?;
        }
        Command::Enable { name } => turn(service, output, name, true).await?,
        Command::Disable { name } => turn(service, output, name, false).await?,
        Command::Remove { name, yes } => {
            service.may::<RemovePolicy>(Subject::new_policy(&name)).await?;
            let policy = service.call(ShowPolicy { policy: name }).await?;
            let question = format!("Remove the policy \"{}\"?", policy.name);
            ask::before_removing(output, yes, &question).await?;
            let removed = service.call(RemovePolicy { policy: policy.id }).await?;
            output.answer(&removed, || format!("Removed {}.", removed.name))?;
        }
    }
    Ok(Exit::Done)
}

/// What a file says.
struct Typed {
    settings: PolicySettings,
    /// The edition that it was printed as, if it was.
    made_from: Option<i64>,
}

/// Reads a file: what is set for a policy alone, or all that `policy show --json` printed.
fn typed(file: &Path) -> Result<Typed, ApiError> {
    let (bytes, name) = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().take(LARGEST as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| wrong("stdin", &error.to_string()))?;
        if bytes.len() > LARGEST {
            return Err(wrong("stdin", "it is larger than 2 MiB"));
        }
        (bytes, "stdin".to_owned())
    } else {
        (read_at_most(file, LARGEST)?, file.display().to_string())
    };
    let text = String::from_utf8(bytes).map_err(|_| wrong(&name, "it is not UTF-8 text"))?;
    let (settings, made_from) =
        PolicySettings::from_file(&text).map_err(|error| wrong(&name, &error.to_string()))?;
    Ok(Typed { settings, made_from })
}

fn wrong(file: &str, why: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, format!("{file} is not a policy: {why}"))
        .next("docs/USER_GUIDE.md has the fields of a policy and examples.")
}

async fn turn(service: &Client, output: &Output, name: String, enabled: bool) -> Result<(), ApiError> {
    service.may::<EnablePolicy>(Subject::new_policy(&name)).await?;
    let policy = service.call(ShowPolicy { policy: name }).await?;
    let turned = service.call(EnablePolicy { policy: policy.id, enabled }).await?;
    output.answer(&turned, || show(&turned))?;
    if enabled {
        schedule::say_who_starts("policies", service, output).await?;
    }
    Ok(())
}

fn list(output: &Output, all: &[Policy]) -> String {
    if all.is_empty() {
        output.say("No policies yet. Add one: musterctl policy add FILE");
        return String::new();
    }
    let rows = all.iter().map(|policy| {
        vec![
            policy.name.clone(),
            if policy.enabled { "on" } else { "off" }.to_owned(),
            words::triggers(&policy.when),
            words::policy_steps(&policy.steps),
            time(policy.next_at),
            last(policy),
        ]
    });
    table(&["Name", "State", "When", "Steps", "Next run", "Last run"], &[], rows)
}

fn show(policy: &Policy) -> String {
    let conditions = &policy.conditions;
    let about = match (&conditions.vcenters[..], &conditions.tags[..]) {
        ([], []) => "all vCenters".to_owned(),
        (vcenters, tags) => {
            let tags = tags.iter().map(|tag| format!("tag {tag}"));
            vcenters.iter().cloned().chain(tags).collect::<Vec<_>>().join(", ")
        }
    };
    let how = &policy.how;
    let at_once = how.batch.map(|batch| words::counted(batch as usize, "vCenter", "vCenters") + " at once");
    let pause = (how.pause_seconds > 0).then(|| format!("{} between batches", seconds(how.pause_seconds)));
    let stop = how
        .stop_after
        .map(|most| format!("stops after {}", words::counted(most as usize, "failure", "failures")));
    let most = how.most_seconds.map(|most| format!("at most {}", seconds(most)));
    let how: Vec<String> = [at_once, pause, stop, most].into_iter().flatten().collect();
    let mut lines = vec![
        ("Name", policy.name.clone()),
        ("State", if policy.enabled { "on" } else { "off" }.to_owned()),
        ("When", words::triggers(&policy.when)),
        ("Time zone", policy.zone.clone()),
        ("For", about),
    ];
    lines.extend(conditions.quiet.iter().map(|quiet| ("Quiet hours", quiet.clone())));
    lines.extend(conditions.rows.iter().map(|rows| ("If", words::rows_wanted(rows))));
    lines.extend(policy.steps.iter().map(|step| ("Step", words::policy_step(step))));
    lines.extend((!how.is_empty()).then(|| ("How", how.join(", "))));
    lines.extend([("Next run", time(policy.next_at)), ("Last run", last(policy))]);
    lines.extend(ran(policy).into_iter().map(|line| ("", line)));
    lines.push(("Id", policy.id.to_string()));
    card(lines)
}

fn listed_runs(output: &Output, runs: &[PolicyRun]) -> String {
    if runs.is_empty() {
        output.say("It has not run yet, or its runs are older than the history is kept.");
        return String::new();
    }
    let rows = runs.iter().map(|run| {
        let steps = run.steps.iter().map(words::ran_step);
        let left_out = run.left_out.iter().map(|left_out| format!("left out {left_out}"));
        vec![
            time(Some(run.started_at.unwrap_or(run.submitted_at))),
            words::outcome(run.outcome).to_owned(),
            words::cause(&run.cause).to_owned(),
            steps.chain(left_out).collect::<Vec<_>>().join("; "),
            run.run.to_string(),
        ]
    });
    table(&["Time", "Outcome", "Why", "Steps", "Operation"], &[], rows)
}

fn seconds(seconds: u64) -> String {
    words::duration(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// What became of the steps of the last run.
fn ran(policy: &Policy) -> Vec<String> {
    let result = policy.last_run.as_ref().and_then(|run| run.result.clone());
    let Some(ran) = result.and_then(|result| serde_json::from_value::<Ran>(result).ok()) else {
        return Vec::new();
    };
    let steps = ran.steps.iter().map(words::ran_step);
    steps.chain(ran.left_out.into_iter().map(|left_out| format!("left out {left_out}"))).collect()
}

fn last(policy: &Policy) -> String {
    policy.last_run.as_ref().map_or_else(|| "never".to_owned(), super::operations::sentence)
}

fn dry_run(name: &str, dry: &DryRun) -> String {
    let mut lines = vec![match dry.runs {
        true => format!("{name} would run now:"),
        false => format!("{name} would not run now."),
    }];
    lines.extend(dry.conditions.iter().map(|condition| format!("  Condition: {condition}")));
    for step in &dry.steps {
        let batches: Vec<String> = step.batches.iter().map(|batch| batch.join(", ")).collect();
        let on = batches.join(", then ");
        lines.push(match on.is_empty() {
            true => format!("  {}", step.step),
            false => format!("  {} on {on}", step.step),
        });
    }
    lines.extend(dry.left_out.iter().map(|left_out| format!("  Left out: {left_out}")));
    lines.extend(dry.next_runs.iter().map(|at| format!("  Next: {}", time(Some(*at)))));
    lines.join("\n")
}
