//! Shows what operations do while they run, and waits for them.
//! Refuses to end an operation by itself: that is what Ctrl-C is for.

use crate::interrupts::{Interrupts, Presses};
use crate::output::{Output, fitting, printable};
use contract::command::{AwaitOperation, ShowOperation, Withdraw, Withdrawn};
use contract::{ApiError, Code, Operation, OperationId, words};
use service::Client;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How long an operation that was cancelled may take to end before it is shown as it is: one that waits for a server or
/// a disk doesn't end at once.
const CANCELLING: Duration = Duration::from_secs(2);

/// How often what changed is looked at and shown.
const LOOK: Duration = Duration::from_millis(500);

/// What came of a wait.
pub(crate) struct Waited {
    /// The operations as they are now, in the order of their ids.
    pub(crate) operations: Vec<Operation>,
    /// Whether Ctrl-C ended it.
    pub(crate) interrupted: bool,
}

/// Waits for operations to end; Ctrl-C withdraws from them, which cancels those that nobody else waits for.
pub(crate) async fn wait(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    ids: &[OperationId],
) -> Result<Waited, ApiError> {
    let presses = interrupts.take();
    tokio::select! {
        outcome = end(service, output, &presses, ids) => { clear_line(); outcome }
        () = show(service, output, ids) => unreachable!("progress is shown until something else ends"),
    }
}

/// What a command says that Ctrl-C ended.
pub(crate) fn interrupted() -> ApiError {
    ApiError::new(Code::Cancelled, "it was interrupted")
        .next("musterctl operations list shows what was done so far. Run the command again to continue.")
}

async fn end(
    service: &Client,
    output: &Output,
    presses: &Presses<'_>,
    ids: &[OperationId],
) -> Result<Waited, ApiError> {
    tokio::select! {
        ended = all(service, ids) => return Ok(Waited { operations: ended?, interrupted: false }),
        () = presses.next() => clear_line(),
    }
    output.say("Cancelling…");
    let cancelled = tokio::time::timeout(CANCELLING, withdrawn(service, output, presses, ids)).await;
    if let Ok(Some(shared)) = cancelled {
        tokio::select! {
            ended = all(service, &shared) => { ended?; }
            // Whoever presses Ctrl-C again doesn't want to wait for others.
            () = presses.next() => {}
        }
    }
    let shown = async {
        let mut operations = Vec::new();
        for id in ids {
            operations.push(service.call(show_operation(id)).await?);
        }
        Ok(Waited { operations, interrupted: true })
    };
    // A database that another process keeps busy answers nothing in time.
    tokio::time::timeout(CANCELLING, shown).await.unwrap_or_else(|_| Err(interrupted()))
}

/// Withdraws from all of them, and waits for the end of what is cancelled with that. Answers with what goes on because
/// others wait for it, if it is to be waited for.
async fn withdrawn(
    service: &Client,
    output: &Output,
    presses: &Presses<'_>,
    ids: &[OperationId],
) -> Option<Vec<OperationId>> {
    let Withdrawal { here, shared } = withdraw(service, output, ids).await;
    if shared {
        // Whoever stops a service sends one signal and no second one: what runs here ends with the process.
        if presses.is_terminated() {
            return None;
        }
        output.say(
            "Another Muster process is waiting for this operation too, or it was queued with --detach, so it \
             continues. Press Ctrl-C again to exit.",
        );
        presses.keep_going();
        return Some(here);
    }
    tokio::select! {
        ended = all(service, &here) => if let Err(error) = ended { output.explain(&error) },
        // Whoever presses Ctrl-C again doesn't want to wait for a server that says nothing.
        () = presses.next() => {}
    }
    None
}

async fn all(service: &Client, ids: &[OperationId]) -> Result<Vec<Operation>, ApiError> {
    let mut operations = Vec::new();
    for id in ids {
        operations.push(service.call(AwaitOperation { operation: id.clone() }).await?);
    }
    Ok(operations)
}

/// What is left of a wait that was given up.
struct Withdrawal {
    /// Operations of this process, whose end is worth waiting for.
    here: Vec<OperationId>,
    /// Whether one of them goes on, because another process waits for it.
    shared: bool,
}

async fn withdraw(service: &Client, output: &Output, ids: &[OperationId]) -> Withdrawal {
    let (mut here, mut shared) = (Vec::new(), false);
    for id in ids {
        match service.call(Withdraw { operation: id.clone() }).await {
            Ok(Withdrawn::GoesOnElsewhere | Withdrawn::Ended) => continue,
            Ok(Withdrawn::Cancelled) => {}
            Ok(Withdrawn::GoesOnHere) => shared = true,
            Err(error) => output.explain(&error),
        }
        here.push(id.clone());
    }
    Withdrawal { here, shared }
}

/// Shows how far operations are, for as long as it is waited for. Each is asked for when it changed, and only then.
async fn show(service: &Client, output: &Output, ids: &[OperationId]) {
    let mut events = service.subscribe();
    let mut shown =
        Shown { live: std::io::stderr().is_terminal(), phrases: vec![Phrase::default(); ids.len()] };
    let mut changed: BTreeSet<usize> = (0..ids.len()).collect();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What takes less than a second needs no progress.
    look.tick().await;
    loop {
        tokio::select! {
            event = events.next() => {
                // The service closes.
                let Some(event) = event else { return std::future::pending().await };
                changed.extend(ids.iter().enumerate().filter(|(_, id)| event.is_about(id)).map(|(at, _)| at));
            }
            _ = look.tick() => {
                if changed.is_empty() {
                    continue;
                }
                for at in std::mem::take(&mut changed) {
                    if let Ok(operation) = service.call(show_operation(&ids[at])).await {
                        shown.see(output, at, &operation);
                    }
                }
                shown.draw();
            }
        }
    }
}

/// What is shown of operations.
struct Shown {
    /// Whether a line is written again and again; else each step is a line.
    live: bool,
    phrases: Vec<Phrase>,
}

/// What is said of one of them; nothing once it has ended.
#[derive(Clone, Default)]
struct Phrase {
    step: String,
    words: String,
}

impl Shown {
    fn see(&mut self, output: &Output, at: usize, operation: &Operation) {
        let phrase = &mut self.phrases[at];
        if operation.state.is_final() {
            phrase.words.clear();
            return;
        }
        let step = words::within_a_sentence(&words::step(operation));
        let facts = words::progress(operation);
        phrase.words = format!("{}: {}", operation.about(), words::within_a_sentence(&facts.join(", ")));
        if !self.live && phrase.step != step {
            output.say(&format!("{}: {step}", operation.about()));
        }
        phrase.step = step;
    }

    fn draw(&self) {
        if self.live {
            let phrases = self.phrases.iter().map(|phrase| phrase.words.as_str());
            let line: Vec<&str> = phrases.filter(|words| !words.is_empty()).collect();
            clear_line();
            // A line that wraps could not be taken back.
            let _ = write!(std::io::stderr(), "{}", fitting(&printable(&line.join("  "))));
            let _ = std::io::stderr().flush();
        }
    }
}

fn show_operation(id: &OperationId) -> ShowOperation {
    ShowOperation { operation: id.to_string() }
}

fn clear_line() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}
