//! What the progress of a job costs: how often it is published, and how often it is written.
//! Refuses to count in the code that writes: another process looks.

use super::*;
use crate::tests::on;
use contract::{OperationId, Role};
use simulator::Simulator;
use store::{NewOperation, Store};

const UPDATES: u64 = 1_000;

/// Between two of them: all of them together take a few seconds.
const PAUSE: Duration = Duration::from_millis(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_updates_of_progress_are_published_four_times_a_second_and_written_once_a_second() {
    let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (service, vcenter) = on(&server, &folder).await;
    let operations = service.inner.operations.clone();
    let other = Store::open(folder.path()).await.unwrap();
    let id = OperationId("progress".to_owned());
    let new = NewOperation {
        id: id.clone(),
        vcenter_id: Some(vcenter.clone()),
        job: Job::FULL_SYNC,
        origin: Origin::User,
        role: Role::Operator,
        // This process is no worker, so that its dispatcher leaves it alone.
        awaited: false,
        at: (operations.0.now)(),
        parent: None,
    };
    let store = &operations.0.store;
    store.submit(new).await.unwrap();
    let claim = store.claim(&id, (operations.0.now)()).await.unwrap().unwrap();
    let context = Arc::new(jobs::Context {
        claim,
        vcenter: store.vcenter(&vcenter).await.unwrap(),
        store: store.clone(),
        connections: operations.0.connections.clone(),
        login: LoginAs { by_user: true, retry: None },
        cancel: CancellationToken::new(),
        progress: watch::channel(Progress::default()).0,
        meter: Meter::default(),
        room: operations.0.room.take().unwrap(),
        tries: Tries::default(),
        steps: Steps::default(),
        now: operations.0.now,
    });
    let mut events = service.subscribe();
    let (started, before) = (Instant::now(), cpu_ms());
    let worker = context.clone();
    let work = operations.0.tracker.spawn(async move {
        for done in 1..=UPDATES {
            worker.progress.send_modify(|progress| progress.done = done);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Done::Fresh)
    });
    let mut written: Vec<u64> = Vec::new();
    let mut published = 0;
    let traffic = || context.meter.traffic();
    let (claim, progress, cancel) = (&context.claim, &context.progress, &context.cancel);
    let watched = Watched { claim, progress, cancel, traffic: &traffic };
    let watching = operations.watch(&watched, work);
    let mut watching = std::pin::pin!(watching);
    let mut look = tokio::time::interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            ended = &mut watching => {
                assert!(matches!(ended, Ok(Done::Fresh)));
                break;
            }
            event = events.next() => published += u64::from(event.is_some_and(|event| event.is_about(&id))),
            _ = look.tick() => {
                let done = other.operation(id.as_str()).await.unwrap().progress.done;
                if done > written.last().copied().unwrap_or(0) {
                    written.push(done);
                }
            }
        }
    }
    let (took, cpu) = (started.elapsed(), cpu_ms() - before);
    let seconds = took.as_secs();
    println!(
        "fault | {UPDATES} updates of progress in {took:.1?} | {} writes, published {published} times; CPU of the whole \
         process, the looks of this test with it: {cpu} ms",
        written.len()
    );
    assert!(!written.is_empty() && written.len() as u64 <= seconds, "{written:?} in {took:?}");
    // What another process wrote is told once more by the relay, and there is none here.
    assert!((1..=seconds * 4 + 4).contains(&published), "{published} in {took:?}");
    service.close().await;
    server.stop().await;
}

/// What this process has taken of the processors; 0 where nobody tells.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    // User and system time, in ticks of 10 ms.
    fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}
