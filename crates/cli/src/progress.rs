//! Shows what operations do while they run, and waits for them.
//! Refuses to end an operation by itself: that is what Ctrl-C is for.

use crate::output::{Output, printable};
use contract::{ApiError, Code, Operation, OperationId, OperationState};
use service::Service;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Waits for operations to end; Ctrl-C cancels them. Answers in the order of `ids`.
pub(crate) async fn wait(
    service: &Service,
    output: &Output,
    ids: &[OperationId],
) -> Result<Vec<Operation>, ApiError> {
    let shown = show(service, output, ids);
    let ended = async {
        let mut operations = Vec::new();
        for id in ids {
            operations.push(service.operations().wait(id).await?);
        }
        Ok(operations)
    };
    let interrupted = async {
        interrupted().await;
        for id in ids {
            if service.operations().withdraw(id).await? {
                output.say("cancelling …");
            } else if service.operations().runs_here(id) {
                output.say("Another process waits for it too, so it goes on; Ctrl-C again ends it.");
            } else {
                return Err(ApiError::new(
                    Code::Cancelled,
                    "the wait was ended; the operation goes on elsewhere",
                ));
            }
        }
        // Whoever presses Ctrl-C again doesn't want to wait for a server that says nothing.
        interrupted().await;
        Err(ApiError::new(Code::Cancelled, "the wait was ended; what ran here is interrupted"))
    };
    tokio::select! {
        outcome = ended => { clear_line(); outcome }
        outcome = interrupted => outcome,
        () = shown => unreachable!("progress is shown until something else ends"),
    }
}

/// Ctrl-C, or the signal with which services are stopped.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn show(service: &Service, output: &Output, ids: &[OperationId]) {
    let mut steps: Vec<String> = vec![String::new(); ids.len()];
    let live = std::io::stderr().is_terminal();
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    // What takes less than a second needs no progress.
    tick.tick().await;
    loop {
        tick.tick().await;
        let mut line = Vec::new();
        for (id, step) in ids.iter().zip(&mut steps) {
            let Ok(operation) = service.operations().show(id.as_str()).await else { continue };
            let now = words(&operation);
            if operation.state.is_final() || now.is_empty() {
                continue;
            }
            if live {
                line.push(format!(
                    "{}: {now} {}/{}",
                    operation.vcenter, operation.progress.done, operation.progress.total
                ));
            } else if *step != now {
                output.say(&format!("{}: {now}", operation.vcenter));
                *step = now;
            }
        }
        if live {
            clear_line();
            let _ = write!(std::io::stderr(), "{}", printable(&line.join("  ")));
            let _ = std::io::stderr().flush();
        }
    }
}

fn words(operation: &Operation) -> String {
    match operation.state {
        OperationState::Queued => "waiting for its turn".into(),
        _ => operation.progress.step.clone(),
    }
}

fn clear_line() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}
