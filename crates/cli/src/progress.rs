//! Shows what operations do while they run, and waits for them.
//! Refuses to end an operation by itself: that is what Ctrl-C is for.

use crate::interrupts::{Interrupts, Presses};
use crate::output::{Output, fitting, printable};
use contract::command::{AwaitOperation, ShowOperation, Withdraw, Withdrawn};
use contract::{ApiError, Code, Operation, OperationId, OperationState, Pace};
use service::Client;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// How long an operation that was cancelled may take to end before it is shown as it is: one that waits for a server or
/// a disk doesn't end at once.
const CANCELLING: Duration = Duration::from_secs(2);

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

async fn show(service: &Client, output: &Output, ids: &[OperationId]) {
    let mut watched: Vec<(String, Option<Pace>)> = vec![(String::new(), None); ids.len()];
    let live = std::io::stderr().is_terminal();
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    // What takes less than a second needs no progress.
    tick.tick().await;
    loop {
        tick.tick().await;
        let mut line = Vec::new();
        for (id, (step, pace)) in ids.iter().zip(&mut watched) {
            let Ok(operation) = service.call(show_operation(id)).await else { continue };
            let now = words(&operation);
            if operation.state.is_final() || now.is_empty() {
                continue;
            }
            if live {
                let ms = service.now().0;
                let pace = pace.get_or_insert_with(|| Pace::new(ms, &operation.progress));
                pace.see(ms, &operation.progress);
                line.push(format!("{}: {now}{}", operation.vcenter, how_far(&operation, pace)));
            } else if *step != now {
                output.say(&format!("{}: {now}", operation.vcenter));
                *step = now;
            }
        }
        if live {
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

fn words(operation: &Operation) -> String {
    match operation.state {
        OperationState::Queued => "queued".into(),
        _ => operation.progress.step.clone(),
    }
}

/// How far it is and how long it will take, as far as that is known: ` 42 %, 1200 of 3000, 20 s left`.
fn how_far(operation: &Operation, pace: &Pace) -> String {
    let progress = &operation.progress;
    let Some(percent) = progress.percent else { return String::new() };
    let mut words = format!(" {percent} %");
    if progress.total > 0 {
        words.push_str(&format!(", {} of {}", progress.done, progress.total));
    }
    if let Some(seconds) = pace.remaining() {
        words.push_str(&format!(", {} left", left(seconds)));
    }
    words
}

fn left(seconds: u64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

fn clear_line() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}
