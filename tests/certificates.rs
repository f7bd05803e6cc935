//! Certificates and permissions as they are told: when one expires, the CA that would outlast it, and what an account may not
//! read.
//! Refuses to look at the database: what a person is told, the command line says.

use crate::support::{Musterctl, PASSWORD, Peer, program};
use serde_json::Value;
use simulator::{Access, Behavior, Offers, Options, Rights, Shown, Simulator};

async fn simulator(certificate: Shown, rights: Rights) -> Simulator {
    let access = Access { certificate, ..Access::default() };
    let behavior = Behavior { rights, ..Behavior::default() };
    Simulator::start(Options { access, behavior, ..Options::new(60, 7) }).await.unwrap()
}

fn add(muster: &Musterctl, simulator: &Simulator, name: &str) -> Value {
    muster.put_password(name, simulator.password());
    let (address, user) = (simulator.address().to_string(), simulator.user());
    muster.ok(&["vcenter", "add", name, &address, "--user", user, "--pin", simulator.sha256()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_expires_soon_is_told_everywhere_and_an_expired_one_works_under_its_pin() {
    let soon = simulator(Shown { days: 12, ..Shown::default() }, Rights::Administrator).await;
    let over = simulator(Shown { days: -3, ..Shown::default() }, Rights::Administrator).await;
    let lasting = simulator(Shown::default(), Rights::Administrator).await;
    let muster = Musterctl::new();
    let added = add(&muster, &soon, "Soon");
    assert!(added["certificate_expires_at"].is_string(), "with the first contact: {added}");
    muster.ok(&["vcenter", "remove", "Soon", "--yes"]);
    add(&muster, &soon, "Soon");
    assert_eq!(muster.ok(&["test", "Soon"])["missing"], serde_json::json!([]));

    let shown = muster.run(&["vcenter", "show", "Soon"]).stdout;
    assert!(shown.contains("certificate expires in 12 days; it is pinned"), "{shown}");
    let status = muster.run(&["status"]).stderr;
    assert!(status.contains("Soon: certificate expires in 12 days"), "{status}");
    let status = muster.ok(&["status"]);
    assert_eq!(status[0]["certificate_expires_at"], added["certificate_expires_at"]);
    let doctor = muster.run(&["doctor"]).stdout;
    assert!(doctor.contains("certificate of Soon: certificate expires in 12 days"), "{doctor}");

    // Another simulator of the same size and seed is the same vCenter.
    muster.ok(&["vcenter", "remove", "Soon", "--yes"]);
    add(&muster, &over, "Over");
    muster.ok(&["sync", "full", "Over"]);
    let shown = muster.run(&["vcenter", "show", "Over"]).stdout;
    assert!(
        shown.contains("certificate expired 3 days ago; it is pinned, so that connections work"),
        "{shown}"
    );
    muster.ok(&["vcenter", "remove", "Over", "--yes"]);
    add(&muster, &lasting, "Lasting");
    let doctor = muster.run(&["doctor"]).stdout;
    assert!(!doctor.contains("certificate of"), "{doctor}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ca_that_issued_a_pinned_certificate_is_shown_stored_and_verifies_the_next_login() {
    let simulator = simulator(Shown::default(), Rights::Administrator).await;
    let muster = Musterctl::new();
    add(&muster, &simulator, "Berlin");
    let offered = muster.ok(&["vcenter", "offer-ca", "Berlin"]);
    assert_eq!((&offered["stored"], &offered["obstacle"]), (&Value::Bool(false), &Value::Null), "{offered}");
    assert_eq!(offered["subject"], "CN=CA of a simulated vCenter");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["trust"], "pin", "nobody said yes");
    let stored = muster.ok(&["vcenter", "offer-ca", "Berlin", "--yes"]);
    assert_eq!((&stored["stored"], &stored["sha256"]), (&Value::Bool(true), &offered["sha256"]));
    let shown = muster.ok(&["vcenter", "show", "Berlin"]);
    assert_eq!((&shown["trust"], &shown["pin"]), (&Value::from("ca"), &Value::Null));
    muster.ok(&["test", "Berlin"]);
    let audit = muster.ok(&["audit", "list", "--command", "offer_ca"]);
    assert!(!audit.as_array().unwrap().is_empty(), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ca_that_issued_the_certificate_nothing_is_offered_and_the_reason_said() {
    let certificate = Shown { offers: Offers::Another, ..Shown::default() };
    let other = simulator(certificate, Rights::Administrator).await;
    let none = simulator(Shown { offers: Offers::None, ..Shown::default() }, Rights::Administrator).await;
    for (simulator, why) in [(other, "which is none of the 1 CAs that it offers"), (none, "HTTP status 404")]
    {
        let muster = Musterctl::new();
        add(&muster, &simulator, "Berlin");
        let run = muster.json(&["vcenter", "offer-ca", "Berlin", "--yes"]);
        let said = run.error()["message"].as_str().unwrap().to_owned();
        assert!(run.code == 3 && said.contains(why), "{said}");
        assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["trust"], "pin");
    }
    let expired = simulator(Shown { days: -3, ..Shown::default() }, Rights::Administrator).await;
    let muster = Musterctl::new();
    add(&muster, &expired, "Berlin");
    let run = muster.json(&["vcenter", "offer-ca", "Berlin", "--yes"]);
    let said = run.error()["message"].as_str().unwrap().to_owned();
    assert!(run.code == 6 && said.contains("the certificate has expired"), "{said}");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["trust"], "pin");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_account_may_not_read_is_told_and_totals_are_of_what_it_sees() {
    let all = simulator(Shown::default(), Rights::ReadOnly).await;
    let muster = Musterctl::new();
    add(&muster, &all, "Berlin");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["permissions"], Value::Null, "before a full sync");
    muster.ok(&["sync", "full", "Berlin"]);
    let whole = muster.ok(&["vcenter", "show", "Berlin"])["permissions"].clone();
    assert_eq!((&whole["root"], &whole["roles"][0]["reads"]), (&"Read-only".into(), &Value::Bool(true)));
    let shown = muster.run(&["vcenter", "show", "Berlin"]).stdout;
    assert!(shown.contains("Read-only on all") && !shown.contains("what this account sees"), "{shown}");
    let vms = |muster: &Musterctl| muster.ok(&["inventory", "vms"]).as_array().unwrap().len();
    let all_vms = vms(&muster);

    let some = simulator(Shown::default(), Rights::AllButOneFolder).await;
    let muster = Musterctl::new();
    add(&muster, &some, "Berlin");
    let report = muster.ok(&["test", "Berlin"]);
    let missing = report["missing"][0].as_str().unwrap();
    assert!(missing.starts_with("permissions: View, without System.Read, on 1 of"), "{report}");
    muster.ok(&["sync", "full", "Berlin"]);
    let shown = muster.run(&["vcenter", "show", "Berlin"]).stdout;
    assert!(
        shown.contains("View on 1 (") && shown.contains("Totals are of what this account sees."),
        "{shown}"
    );
    assert!(vms(&muster) < all_vms, "what lies in the folder doesn't appear");
    assert_eq!(
        report["permissions"]["roles"],
        muster.ok(&["vcenter", "show", "Berlin"])["permissions"]["roles"]
    );
}

#[test]
fn the_script_for_an_account_with_the_least_privileges_is_printed_with_that_account() {
    let muster = Musterctl::new();
    let script = muster.run(&["least-privilege", "--user", "reader@corp.example"]).stdout;
    assert!(script.contains("govc role.create") && script.contains("'reader@corp.example'"), "{script}");
    let script = muster.run(&["least-privilege", "--powercli"]).stdout;
    assert!(script.contains("New-VIRole") && script.contains("'muster@vsphere.local'"), "{script}");
}

#[test]
fn the_script_for_govc_makes_its_role_and_hands_it_out_on_the_root_folder_however_often_it_runs() {
    let peer = Peer::vcenter();
    let govc = program("govc");
    let path = format!("{}:{}", govc.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let sh = |script: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", script]).env("PATH", &path).env("GOVC_INSECURE", "1");
        command.env("GOVC_URL", format!("https://{}/sdk", peer.address()));
        command.env("GOVC_USERNAME", "admin").env("GOVC_PASSWORD", PASSWORD);
        let ran = command.output().unwrap();
        let said = [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(ran.status.success(), "{script}: {said:?}");
        said.concat()
    };
    let script = Musterctl::new().run(&["least-privilege", "--user", "reader@corp.example"]).stdout;
    for _ in 0..2 {
        let handed_out = sh(&script);
        let ours = handed_out.lines().find(|line| line.contains("reader@corp.example"));
        assert!(ours.is_some_and(|line| line.contains("Muster") && line.contains("Yes")), "{handed_out}");
    }
    assert_eq!(sh("govc role.ls Muster"), "System.Anonymous\nSystem.Read\nSystem.View\n");
}
