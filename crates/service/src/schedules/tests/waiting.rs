//! What waits though it is due: for other vCenters, for a person, and not to start with all the others.
//! Refuses to contact a vCenter: their servers are ports of this machine that answer or don't.

use super::*;
use contract::VcenterState;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Ports of this machine on which a connection doesn't come about, and isn't refused: nobody accepts, and the queue is full.
struct Silent {
    port: u16,
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl Silent {
    async fn new() -> Silent {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let to = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(to)).await
        {
            queued.push(stream.unwrap());
        }
        Silent { port: to.port(), _listener: listener, _queued: queued }
    }
}

/// Leads vCenters to a port of this machine.
async fn lead(service: &Service, ids: &[VcenterId], port: u16) {
    for id in ids {
        let edition = service.inner.store.vcenter(id).await.unwrap().vcenter.edition;
        let edit = store::VcenterEdit {
            host: Some("127.0.0.1".to_owned()),
            port: Some(port),
            ..store::VcenterEdit::default()
        };
        service.inner.store.edit_vcenter(id, edition, edit).await.unwrap();
    }
}

/// The schedules of a service as those of a worker, which looks for the network first.
fn of_a_worker(service: &Service) -> Schedules {
    let mut schedules = service.inner.schedules.clone();
    schedules.network.is_worker = true;
    schedules
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vcenters_that_do_not_answer_delay_neither_the_others_nor_the_end() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let silent = Silent::new().await;
    let dead =
        vcenters(&service, &["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"], "dead").await;
    lead(&service, &dead, silent.port).await;
    let answering = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let alive = vcenters(&service, &["zz"], "alive").await;
    lead(&service, &alive, answering.local_addr().unwrap().port()).await;
    add(&service, settings("every 5 min", &[dead, alive.clone()].concat())).await;
    // Due by now, and not late.
    set(MORNING + 5 * MINUTE + 31 * SECOND);
    let closing = CancellationToken::new();
    let begun = Instant::now();
    let mut running = JoinSet::new();
    running.spawn(of_a_worker(&service).run(closing.clone()));
    let all = loop {
        let all = operations(&service).await;
        if !all.is_empty() || begun.elapsed() > Duration::from_secs(4) {
            break all;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(all.iter().map(|one| one.vcenter_id.as_ref().unwrap()).collect::<Vec<_>>(), [&alive[0]]);
    let closed = Instant::now();
    closing.cancel();
    running.join_next().await.unwrap().unwrap();
    assert!(closed.elapsed() < Duration::from_secs(1), "{:?}", closed.elapsed());
    service.close().await;
}

#[tokio::test]
async fn what_needs_a_person_waits_and_says_so_until_something_changes() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, settings("every 5 min", &ids)).await;
    let reason = async || {
        let listed = call(&service, ListSchedules {}).await.unwrap().remove(0);
        let target = &listed.targets[0];
        (target.reason.clone(), target.waits, target.next_at.is_none())
    };
    for (state, why) in [
        (VcenterState::Untrusted, "waits: its certificate is not trusted"),
        (VcenterState::DifferentVcenter, "waits: another vCenter answers at its address"),
        (VcenterState::NoPassword, "waits: no password is available"),
    ] {
        let at = service.inner.store.vcenter(&ids[0]).await.unwrap().contact.map(|contact| contact.at);
        let seen = [(ids[0].clone(), at)];
        assert!(service.inner.store.note_reach(&seen, state, clock()).await.unwrap());
        assert_eq!(reason().await, (why.to_owned(), true, true));
        let starts = work(&service, clock().0 + 12 * MINUTE, MINUTE).await;
        assert!(starts.is_empty(), "{state:?}: {starts:?}");
    }
    let at = service.inner.store.vcenter(&ids[0]).await.unwrap().contact.map(|contact| contact.at);
    let seen = [(ids[0].clone(), at)];
    service.inner.store.note_reach(&seen, VcenterState::Untrusted, clock()).await.unwrap();
    lead(&service, &ids, 8443).await;
    let starts = work(&service, clock().0 + 2 * MINUTE, MINUTE).await;
    assert_eq!(starts.len(), 1, "an edit of its address may have mended it");
    service.close().await;
}

#[tokio::test]
async fn too_many_removals_hold_a_schedule_until_a_sync_went_well() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, settings("every 5 min", &ids)).await;
    ends(&service, &ids[0], Some(Code::TooManyRemovals)).await;
    assert!(work(&service, MORNING + 20 * MINUTE, MINUTE).await.is_empty());
    let listed = call(&service, ListSchedules {}).await.unwrap().remove(0);
    assert!(listed.reason.contains("too many objects") && listed.next_at.is_none(), "{listed:?}");
    ends(&service, &ids[0], None).await;
    assert_eq!(work(&service, clock().0 + 2 * MINUTE, MINUTE).await.len(), 1);
    service.close().await;
}

/// A full sync of a person ends.
async fn ends(service: &Service, vcenter: &VcenterId, code: Option<Code>) {
    let submit = Submit { vcenter: vcenter.clone(), job: Job::FULL_SYNC, detached: true };
    let id = call(service, submit).await.unwrap();
    end(service, &id, code).await;
}

#[tokio::test]
async fn what_is_caught_up_on_many_vcenters_is_spread_and_on_one_no_later_than_usual() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let names: Vec<String> = (0..50).map(|n| format!("vc{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ids = vcenters(&service, &names, "prod").await;
    add(&service, settings("every 1 h", &ids)).await;
    // Asleep for three hours.
    set(MORNING + 180 * MINUTE);
    spreads(&service, 50).await;
    let of = contract::Group::Tag("prod".to_owned());
    let until = clock().0 + 90 * MINUTE;
    call(&service, Pause { of, until: Some(Time(until)) }).await.unwrap();
    assert!(work(&service, until - MINUTE, 10 * MINUTE).await.is_empty());
    set(until);
    spreads(&service, 50).await;
    service.close().await;
}

/// From now on all of so many start within a minute, and no more than a few of them in each second.
async fn spreads(service: &Service, count: usize) {
    let begun = clock().0;
    service.inner.schedules.start_due().await.unwrap();
    let at_once = operations(service).await.iter().filter(|one| one.submitted_at.0 == begun).count();
    end_all(service).await;
    let starts = work(service, begun + MINUTE, SECOND).await;
    assert_eq!(starts.len() + at_once, count, "{starts:?}");
    let most = starts.iter().map(|at| starts.iter().filter(|other| *other == at).count()).max();
    assert!(at_once <= 6 && most <= Some(6), "{at_once} at once, then {most:?}: {starts:?}");
}

#[tokio::test]
async fn what_failed_on_one_vcenter_is_not_hidden_by_what_went_well_on_the_next() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin", "Bonn"], "prod").await;
    add(&service, settings("every 5 min", &ids)).await;
    set(MORNING + 5 * MINUTE + 31 * SECOND);
    service.inner.schedules.start_due().await.unwrap();
    // Newest first: the older one fails.
    let started = operations(&service).await;
    assert_eq!(started.len(), 2);
    end(&service, &started[1].id, Some(Code::NoPermission)).await;
    end(&service, &started[0].id, None).await;
    let shown = call(&service, ListSchedules {}).await.unwrap().remove(0);
    assert_eq!(shown.last_operation.as_ref().map(|last| &last.id), Some(&started[1].id));
    assert_eq!(shown.failed_on().as_deref(), Some("failed on 1 of 2 vCenters"));
    for target in &shown.targets {
        let own = started.iter().find(|one| one.vcenter_id == target.vcenter_id).map(|one| &one.id);
        assert_eq!(target.last_operation.as_ref().map(|last| &last.id), own);
    }
    service.close().await;
}
