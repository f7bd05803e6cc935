//! A night in the window: what ran by itself and changed nothing is a line, and what changed is told value by value.
//! Refuses to make up rows of the database: operations are submitted, claimed, staged and published as they always are.

use super::accessible::{RUN, teach};
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use contract::{
    Diff, Job, Kind, Object, OperationId, OperationState, Origin, Progress, Role, Snapshot, Steps, Time,
    Value, VcenterId, columns,
};
use std::sync::Arc;
use store::{Asked, Finish, NewOperation, Pass, Store};

const RUNS: i64 = 200;

/// Runs in which something changed: a VM is powered off, another one is gone, one is renamed.
const CHANGING: [i64; 3] = [60, 61, 140];

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn with(object: &Object, column: &str, value: Value) -> Arc<Object> {
    let mut object = object.clone();
    object.values[columns::of(object.kind).slot(column).unwrap()] = value;
    Arc::new(object)
}

/// One scheduled full sync that began then, and found every VM using more; answers with its id.
async fn sync(store: &Store, vcenter: &VcenterId, run: i64, at: Time) -> Result<String> {
    let loaded = store.load(vcenter).await?;
    let before = Snapshot::new(loaded.objects, loaded.coverage).at(loaded.revision, loaded.ages);
    let grown = |vm: &Arc<Object>| with(vm, "committed_bytes", Value::Int(run));
    let mut vms: Vec<Arc<Object>> = before.objects(Kind::Vms).iter().map(grown).collect();
    match CHANGING.iter().position(|one| *one == run) {
        Some(0) => vms[0] = with(&vms[0], "power_state", Value::text("poweredOff")),
        Some(1) => drop(vms.remove(1)),
        Some(_) => vms[2] = with(&vms[2], "name", Value::text("renamed at night")),
        None => {}
    }
    let id = OperationId(format!("0192{run:04}-0000-7000-8000-000000000000"));
    let new = NewOperation {
        id: id.clone(),
        vcenter_id: Some(vcenter.clone()),
        job: Job::FULL_SYNC,
        origin: Origin::Schedule,
        role: Role::Operator,
        awaited: false,
        at,
        parent: None,
    };
    store.submit(new).await?;
    let claim = store.claim(&id, at).await?.context("nobody else claims it")?;
    let mut asked = Asked::default();
    asked.list(Kind::Vms, Time(now()));
    vms.iter().for_each(|vm| asked.object(Kind::Vms, vm.moref.clone(), Time(now())));
    let pass = Pass {
        base: before.revision().clone(),
        before: Arc::new(before),
        objects: vms,
        whole: vec![Kind::Vms],
        clusters: Vec::new(),
        gone: Vec::new(),
        asked,
        counted: vec![Kind::Vms],
        synced_at: at,
    };
    let onward = |_: usize, _: usize| true;
    let staged = store.stage(&claim, &pass, &onward).await?;
    let finish = Finish {
        state: OperationState::Succeeded,
        at: Time(at.0 + 2_000),
        progress: Progress { done: 50, total: 50, percent: Some(100), attempts: 1, ..Progress::default() },
        diff: Diff::default(),
        calls: 12,
        bytes: 40_000,
        error: None,
        result: None,
        steps: Steps::default(),
        latency: Default::default(),
    };
    store.publish(&claim, staged, &pass, finish, &onward).await?;
    Ok(id.to_string())
}

/// Fills the night before now; answers with the ids of those that changed something.
async fn night(muster: &Musterctl) -> Result<Vec<String>> {
    let vcenter = muster.ok(&["vcenter", "show", "Berlin"])["id"].as_str().context("an id")?.to_owned();
    let store = Store::open(&muster.data()).await?;
    let mut changing = Vec::new();
    for run in 0..RUNS {
        let at = Time(now() - (RUNS - run) * 150_000);
        let id = sync(&store, &VcenterId(vcenter.clone()), run, at).await?;
        changing.extend(CHANGING.contains(&run).then_some(id));
    }
    store.close().await;
    Ok(changing)
}

/// So many rows of operations and so many folded lines below History.
fn shown(operations: usize, folds: usize) -> String {
    format!(
        "document.querySelectorAll('#rows tr[data-operation]').length === {operations} && \
         document.querySelectorAll('#rows tr[data-fold]').length === {folds}"
    )
}

/// Fails for what axe finds on screen.
async fn accessible(window: &Window, place: &str) -> Result<()> {
    window.wait_until_still().await?;
    let found = window.script_async(RUN).await?;
    ensure!(found.as_array().is_some_and(Vec::is_empty), "{place}: {found}");
    Ok(())
}

#[tokio::test]
async fn a_night_of_200_scheduled_syncs_with_3_changes_reads_as_3_lines_and_3_folds() -> Result<()> {
    let peer = Peer::start(&["--model", "vpx", "--vms", "30"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let changing = night(&muster).await?;
    let listed = muster.run(&["operations", "list", "--origin", "schedule"]);
    ensure!(listed.stdout.lines().count() == 7 && listed.stderr.contains("--each"), "{listed:?}");
    ensure!(listed.stdout.contains("59 automatic") && listed.stdout.contains("78 automatic"), "{listed:?}");
    let each = muster.run(&["operations", "list", "--origin", "schedule", "--each", "--limit", "300"]);
    ensure!(each.stdout.lines().count() == 201, "{}", each.stdout.lines().count());

    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/operations?origin=schedule").await?;
    window.wait_for("3 lines and 3 folds", &shown(3, 3)).await?;
    window.wait_for_text("#rows tr[data-fold='59']", "59 automatic full syncs without changes").await?;
    window.wait_for_text(".muster-foot", "200 operations match").await?;
    window.shoot(&screen, "history-night").await?;

    teach(&window).await?;
    accessible(&window, "folded").await?;
    // By keys: the first line opens and closes.
    window.script("document.getElementById('grid').focus()").await?;
    window.key(thirtyfour::Key::Enter).await?;
    window.wait_for("the newest 59", &shown(62, 3)).await?;
    window.shoot(&screen, "history-unfolded").await?;
    accessible(&window, "unfolded").await?;
    window.key(thirtyfour::Key::Left).await?;
    window.wait_for("folded again", &shown(3, 3)).await?;
    window.key(thirtyfour::Key::Down).await?;
    window.key(thirtyfour::Key::Enter).await?;
    let renamed = window.wait_for_text("#changes", "renamed at night").await?;
    ensure!(
        renamed.contains("Changed (1)") && renamed.contains("Name") && renamed.contains('\u{2192}'),
        "{renamed}"
    );
    window
        .wait_for("a link to it", "document.querySelector('#changes a')?.hash.startsWith('#/inventory/vms')")
        .await?;
    window.shoot(&screen, "history-changed").await?;
    accessible(&window, "what changed").await?;

    window.go(&format!("#/operations?origin=schedule&open={}", changing[0])).await?;
    let stopped = window.wait_for_text("#changes", "Powered off").await?;
    ensure!(stopped.contains("Powered on"), "{stopped}");
    window.go(&format!("#/operations?origin=schedule&open={}", changing[1])).await?;
    let removed = window.wait_for_text("#changes", "Removed (1)").await?;
    ensure!(removed.contains("DC0_"), "{removed}");
    ensure!(
        window.script("return document.querySelectorAll('#changes a').length").await? == 0,
        "it leads nowhere"
    );
    window.press("#changes", "Copy").await?;
    window.wait_for_text("#changes", "Copied").await?;

    // Narrowed to an hour of it, which stands in the address.
    let from = Time(now() - 100 * 150_000);
    let to = Time(from.0 + 3_600_000);
    window.go(&format!("#/operations?origin=schedule&since={from}&until={to}")).await?;
    window.wait_for_text(".muster-foot", "24 operations match").await?;
    window.wait_for("two fields", "document.querySelectorAll('.muster-moment input').length === 2").await?;
    window.shoot(&screen, "history-range").await?;
    accessible(&window, "a range of times").await?;
    window.driver.set_window_rect(0, 0, 900, 600).await?;
    window.go(&format!("#/operations?origin=schedule&open={}", changing[0])).await?;
    window.wait_for_text("#changes", "Powered off").await?;
    window.shoot(&screen, "history-small").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn how_long_the_history_is_kept_is_set_on_the_page_of_settings() -> Result<()> {
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/settings").await?;
    window.wait_for_text("#settings", "Keep operations for").await?;
    window.wait_for("90 days", "document.getElementById('history-days')?.value === '90'").await?;
    let choose = "const days = document.getElementById('history-days'); days.value = '30';
                  days.dispatchEvent(new Event('change', { bubbles: true })); return null";
    window.script(choose).await?;
    window.shoot(&screen, "history-setting").await?;
    window.press(".muster-retention", "Save").await?;
    eventually("it is stored", || muster.ok(&["settings", "show"])["history_days"] == 30);
    // What another process sets shows at once.
    muster.ok(&["settings", "set", "--history-days", "400"]);
    window.wait_for("400 days", "document.getElementById('history-days')?.value === '400'").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn the_steps_of_a_sync_are_in_its_details() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(serde_json::json!({
        "method": "CreateContainerView", "type": ">VirtualMachine<", "action": { "status": 503 }, "times": 1,
    }));
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Dark, (1920, 1080))?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.driver.set_window_rect(0, 0, 1920, 1080).await?;
    let id = muster.ok(&["operations", "list"])[0]["operation"].clone();
    window.go(&format!("#/operations?open={}", id.as_str().context("an id")?)).await?;
    window.wait_for_text("#steps", "Steps (").await?;
    window.click("#steps > summary").await?;
    let steps = window.wait_for_text("#steps", "Writing").await?;
    for step in ["Connecting", "Listing hosts", "Reading VMs", "Comparing"] {
        ensure!(steps.contains(step), "{step}: {steps}");
    }
    let details = window.wait_for_text("#drawer", "1 failed attempt").await?;
    ensure!(details.contains("503"), "{details}");
    window.script("document.getElementById('steps').scrollIntoView()").await?;
    window.shoot(&screen, "history-steps").await?;
    window.close(&screen).await
}
