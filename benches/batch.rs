//! A batch over fifty vCenters, and what one that is dead costs it.
//! Refuses to compare two runs: the batches with and without the dead one alternate in the same process.

use crate::sync;
use crate::table::{Table, median};
use anyhow::{Context, Result, ensure};
use contract::command::{AddVcenter, AwaitOperation, Login, Password, Settings, Submit};
use contract::{Job, OperationState, Trust, VcenterId, VcenterSettings};
use service::Client;
use simulator::{Options, Simulator};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Instant;

const VCENTERS: u64 = 50;

/// Of each.
const VMS: u32 = 400;

/// Of each kind of batch.
const ROUNDS: usize = 3;

/// The dead one may cost a tenth.
const MOST: f64 = 1.1;

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    table.section(format!("A batch over {VCENTERS} vCenters of {VMS} VMs"));
    let (data, credentials) = (folder.join("batch"), folder.join("batch-credentials"));
    std::fs::create_dir_all(&credentials)?;
    let service = sync::open(&data, &credentials).await?;
    let (mut servers, mut vcenters) = (Vec::new(), Vec::new());
    for number in 0..VCENTERS {
        let server = Simulator::start(Options::new(VMS, number + 1)).await?;
        vcenters.push(add(&service, number, &server).await?);
        servers.push(server);
    }
    let dead = servers.pop().context("there are some")?;
    let address = dead.address();
    // The first one inserts everything.
    batch(&service, &vcenters, None).await?;
    dead.stop().await;
    let living = &vcenters[..vcenters.len() - 1];
    for (what, silent) in [("refuses connections", false), ("accepts them and says nothing", true)] {
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            without.push(batch(&service, living, None).await?);
            let listener = silent.then(|| listen(address)).transpose()?;
            with.push(batch(&service, &vcenters, vcenters.last()).await?);
            drop(listener);
        }
        let (without, with) = (median(without), median(with));
        let ratio = with / without;
        table.goal(
            format!("with one that {what}, to the batch without it"),
            format!("{ratio:.2} ({with:.1} s to {without:.1} s)"),
            &format!("≤ {MOST}"),
            ratio <= MOST,
        );
    }
    service.close().await;
    for server in servers {
        server.stop().await;
    }
    Ok(())
}

/// Takes connections, of which nothing comes.
fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("listening on {address}"))
}

async fn add(service: &Client, number: u64, server: &Simulator) -> Result<VcenterId> {
    let password = Some(Password(server.password().to_owned()));
    let settings = Settings {
        name: format!("vc-{number:02}"),
        address: server.address().to_string(),
        login: Login::Own { user: server.user().to_owned(), password },
        trust: Some(Trust::Pin { sha256: server.sha256().to_owned() }),
        settings: VcenterSettings::default(),
    };
    Ok(service.call(AddVcenter { settings }).await?.vcenter.id)
}

/// Seconds that a full sync of all of these takes, of which one may fail.
async fn batch(service: &Client, vcenters: &[VcenterId], dead: Option<&VcenterId>) -> Result<f64> {
    let started = Instant::now();
    let mut operations = Vec::new();
    for vcenter in vcenters {
        let submit = Submit { vcenter: vcenter.clone(), job: Job::FULL_SYNC, detached: false };
        operations.push((vcenter, service.call(submit).await?));
    }
    for (vcenter, operation) in operations {
        let ended = service.call(AwaitOperation { operation }).await?;
        let is_well = ended.state == OperationState::Succeeded;
        ensure!(is_well != (Some(vcenter) == dead), "{ended:?}");
    }
    Ok(started.elapsed().as_secs_f64())
}
