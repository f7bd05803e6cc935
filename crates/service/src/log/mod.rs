//! The log: what every program of Muster says of its work, in files that its data folder keeps.
//! Refuses to hold anything up: what the disk doesn't take in time is not written. What libraries say below a warning stays
//! out of the files, because nobody vouches that there is no secret in it.

mod file;
mod reading;

use crate::{Service, system_time};
use contract::{Event, LogLevel, LogLine};
pub(crate) use file::Files;
use serde_json::{Map, Value};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that has everything that it names said on stderr, too.
const VARIABLE: &str = "MUSTER_LOG";

/// Lines that wait for the disk; what comes on top of them is not written.
const WAITING: usize = 4096;

/// What is written at once.
const BATCH: usize = 64 << 10;

/// How long the end of a program waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(500);

/// The packages whose words the level is for, beside the program itself.
const OURS: [&str; 6] = ["contract", "vsphere", "store", "secrets", "service", "simulator"];

/// The log of this process. Clones are the same.
#[derive(Clone)]
pub struct Log(Arc<Inner>);

struct Inner {
    lines: Mutex<Option<SyncSender<Vec<u8>>>>,
    /// Answers once the last line is written.
    written: Mutex<Receiver<()>>,
    level: reload::Handle<Targets, Registry>,
    program: &'static str,
}

impl Log {
    /// Begins the log of a program, for all of it: into files below the data folder as soon as that is there, and what
    /// MUSTER_LOG asks for on stderr. The program is named as its own events are.
    pub fn begin(program: &'static str, data_dir: Option<&Path>) -> Log {
        let (lines, waiting) = sync_channel(WAITING);
        let (done, written) = sync_channel(1);
        let files = data_dir.map(Files::of);
        // A thread that can't be started costs the files; the next line finds nobody who waits for it.
        let _ = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            if let Some(files) = files {
                write(&files, &waiting);
            }
            let _ = done.send(());
        });
        let (filter, level) = reload::Layer::new(filter(program, LogLevel::Info));
        let (lines, written) = (Mutex::new(Some(lines)), Mutex::new(written));
        let log = Log(Arc::new(Inner { lines, written, level, program }));
        let asked = EnvFilter::builder().with_default_directive(LevelFilter::OFF.into());
        let asked = asked.with_env_var(VARIABLE).from_env_lossy();
        let on_stderr = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(asked);
        let in_files = ToFiles { log: log.clone(), process: process() }.with_filter(filter);
        // Only a test that began one already has another one.
        let _ = tracing_subscriber::registry().with(in_files).with(on_stderr).try_init();
        log
    }

    /// From now on says so much.
    fn set_level(&self, level: LogLevel) {
        // Fails only where the program has no log any more.
        let _ = self.0.level.reload(filter(self.0.program, level));
    }

    /// Ends the log: waits for the last lines, but not for a disk that hangs.
    pub fn end(&self) {
        drop(self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.0.written.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LAST_LINES);
    }

    fn put(&self, line: Vec<u8>) {
        if let Some(lines) = &*self.0.lines.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = lines.try_send(line);
        }
    }
}

impl Service {
    /// Has a log say as much as the settings of Muster want, now and when they change.
    pub async fn govern(&self, log: &Log) {
        let (service, log, mut events) = (self.clone(), log.clone(), self.subscribe());
        self.read_level(&log).await;
        let follow = async move {
            while let Some(event) = events.next().await {
                if matches!(event, Event::PreferencesChanged | Event::Lagged) {
                    service.read_level(&log).await;
                }
            }
        };
        self.inner.background.spawn(self.inner.closing.clone().run_until_cancelled_owned(follow));
    }

    async fn read_level(&self, log: &Log) {
        // Where the settings can't be read it says as much as before.
        if let Ok(preferences) = self.inner.store.preferences().await {
            log.set_level(preferences.log_level);
        }
    }
}

fn filter(program: &str, level: LogLevel) -> Targets {
    let ours = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let others = ours.min(LevelFilter::WARN);
    let ours = OURS.into_iter().chain([program]).map(|name| (name, ours));
    Targets::new().with_default(others).with_targets(ours)
}

/// Writes lines until there are no more to come.
fn write(files: &Files, waiting: &Receiver<Vec<u8>>) {
    while let Ok(mut batch) = waiting.recv() {
        while batch.len() < BATCH
            && let Ok(next) = waiting.try_recv()
        {
            batch.extend(next);
        }
        // A disk that is full or gone costs the lines and nothing else.
        let _ = files.append(&batch);
    }
}

/// `musterctl 4711`.
fn process() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_stem);
    format!("{} {}", name.map_or("muster".into(), |name| name.to_string_lossy()), std::process::id())
}

/// Makes a line of each event.
struct ToFiles {
    log: Log,
    process: String,
}

impl<S: Subscriber> Layer<S> for ToFiles {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let metadata: &Metadata<'_> = event.metadata();
        let line = LogLine {
            at: system_time(),
            level: level(*metadata.level()),
            target: metadata.target().to_owned(),
            message: said.message,
            fields: said.fields,
            process: self.process.clone(),
        };
        let Ok(mut line) = serde_json::to_vec(&line) else { return };
        line.push(b'\n');
        self.log.put(line);
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// What an event says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Map<String, Value>,
}

impl Said {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => drop(self.fields.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_say_what_the_level_lets_through_and_libraries_no_more_than_warnings() {
        for (level, ours, of_libraries) in [
            (LogLevel::Error, LevelFilter::ERROR, LevelFilter::ERROR),
            (LogLevel::Info, LevelFilter::INFO, LevelFilter::WARN),
            (LogLevel::Trace, LevelFilter::TRACE, LevelFilter::WARN),
        ] {
            let filter = filter("program", level);
            for (target, most) in [("service::jobs", ours), ("program", ours), ("hyper::proto", of_libraries)]
            {
                for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                    assert_eq!(filter.would_enable(target, &level), level <= most, "{target} {level}");
                }
            }
        }
    }
}
