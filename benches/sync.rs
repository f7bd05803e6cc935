//! One full sync, as `musterctl sync full` does it: open the data folder, log in, read, write, log out, close.
//! Refuses to do anything else, because it runs in the process that is measured.

use crate::cost::Cost;
use crate::peer::{PASSWORD, Peer};
use anyhow::{Context, Result, ensure};
use contract::command::{AddVcenter, AwaitOperation, Login, Settings, ShowVcenter, Submit};
use contract::{Job, OperationState, Trust, VcenterSettings};
use service::{Caller, Client, Options, Unlock};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What the vCenter and its credential are called.
pub(crate) const NAME: &str = "Bench";

/// Makes a data folder that knows the vCenter and has read nothing of it.
pub(crate) async fn prepare(peer: &Peer, data: &Path, credentials: &Path) -> Result<()> {
    std::fs::create_dir_all(credentials)?;
    std::fs::write(credentials.join(NAME), PASSWORD)?;
    let service = open(data, credentials).await?;
    let settings = Settings {
        name: NAME.into(),
        address: peer.address(),
        login: Login::Own { user: "admin".into(), password: None, helper: None },
        trust: Some(Trust::Ca { pem: std::fs::read_to_string(peer.ca())? }),
        settings: VcenterSettings::default(),
    };
    service.call(AddVcenter { settings }).await?;
    service.close().await;
    Ok(())
}

/// The service on a data folder, without a keychain; a worker, if it is to run what nobody waits for.
pub(crate) async fn open_as(data: &Path, credentials: Option<&Path>, worker: bool) -> Result<Client> {
    let options = Options {
        data_dir: data.to_owned(),
        credentials_dir: credentials.map(Path::to_owned),
        keychain: false,
        unlock: Unlock::Never,
        read_only: false,
        worker,
        at_once: service::AT_ONCE,
    };
    Ok(Client::new(service::open(options).await?, Caller::muster()))
}

/// The same for who runs what it waits for itself.
pub(crate) async fn open(data: &Path, credentials: &Path) -> Result<Client> {
    open_as(data, Some(credentials), false).await
}

/// Syncs once.
pub(crate) async fn once(data: &Path, credentials: &Path) -> Result<Cost> {
    let rows_written = RowsWritten::listen();
    let started = Instant::now();
    let service = open(data, credentials).await?;
    let vcenter = service.call(ShowVcenter { vcenter: NAME.to_owned() }).await?.id;
    let operation = service.call(Submit { vcenter, job: Job::FULL_SYNC, detached: false }).await?;
    let ended = service.call(AwaitOperation { operation }).await?;
    ensure!(ended.state == OperationState::Succeeded, "the sync ended badly: {ended:?}");
    service.close().await;
    let rows_written = rows_written.told().context("the service didn't say how many rows it wrote")?;
    Cost::of_this_process(started, Some(rows_written))
}

/// Hears how many rows the store wrote, which the service only writes to its log. An operation's own counts leave
/// out kinds that come along with others, such as snapshots.
#[derive(Clone)]
struct RowsWritten(Arc<AtomicU64>);

/// Nothing was told yet.
const UNTOLD: u64 = u64::MAX;

impl RowsWritten {
    fn listen() -> RowsWritten {
        let this = RowsWritten(Arc::new(AtomicU64::new(UNTOLD)));
        let only = Targets::new().with_target("service::jobs", Level::INFO);
        tracing_subscriber::registry().with(this.clone().with_filter(only)).init();
        this
    }

    fn told(&self) -> Option<u64> {
        Some(self.0.load(Relaxed)).filter(|rows| *rows != UNTOLD)
    }
}

impl<S: Subscriber> Layer<S> for RowsWritten {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        event.record(&mut self.clone());
    }
}

impl Visit for RowsWritten {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_written" {
            self.0.store(value, Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
