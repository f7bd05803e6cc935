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
const VMS: u32 = 2_000;

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
    // Neither the first nor the last: what it costs the others is asked, and the last one holds up nobody.
    let dead = servers.remove(servers.len() / 2);
    let (address, dead_id) = (dead.address(), vcenters[vcenters.len() / 2].clone());
    // The first one inserts everything.
    batch(&service, &vcenters, None).await?;
    dead.stop().await;
    let living: Vec<VcenterId> = vcenters.iter().filter(|id| **id != dead_id).cloned().collect();
    for (what, silent) in [("refuses connections", false), ("accepts them and says nothing", true)] {
        let (mut without, mut with, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            without.push(batch(&service, &living, None).await?.1);
            let listener = silent.then(|| listen(address)).transpose()?;
            let (others, all) = batch(&service, &vcenters, Some(&dead_id)).await?;
            with.push(others);
            whole.push(all);
            drop(listener);
        }
        let (without, with, whole) = (median(without), median(with), median(whole));
        let ratio = with / without;
        table.goal(
            format!("the others beside one that {what}, to the batch without it"),
            format!("{ratio:.2} ({with:.1} s to {without:.1} s)"),
            &format!("≤ {MOST}"),
            ratio <= MOST,
        );
        table.value("  the whole batch, until that one has failed", format!("{whole:.1} s"));
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
        login: Login::Own { user: server.user().to_owned(), password, helper: None },
        trust: Some(Trust::Pin { sha256: server.sha256().to_owned() }),
        settings: VcenterSettings::default(),
    };
    Ok(service.call(AddVcenter { settings }).await?.vcenter.id)
}

/// Seconds until a full sync of all of these but the dead one is done, and until that one has failed too.
async fn batch(service: &Client, vcenters: &[VcenterId], dead: Option<&VcenterId>) -> Result<(f64, f64)> {
    let started = Instant::now();
    let mut operations = Vec::new();
    for vcenter in vcenters {
        let submit = Submit { vcenter: vcenter.clone(), job: Job::FULL_SYNC, detached: false };
        operations.push((Some(vcenter) == dead, service.call(submit).await?));
    }
    // What is dead comes last.
    operations.sort_by_key(|(is_dead, _)| *is_dead);
    let mut others = 0.0;
    for (is_dead, operation) in operations {
        let ended = service.call(AwaitOperation { operation }).await?;
        ensure!((ended.state == OperationState::Succeeded) != is_dead, "{ended:?}");
        if !is_dead {
            others = started.elapsed().as_secs_f64();
        }
    }
    Ok((others, started.elapsed().as_secs_f64()))
}
