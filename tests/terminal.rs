//! What people on a terminal are asked, and that signals and closed pipes end commands in order.
//! Refuses to imitate a terminal: `script`, which every Debian has, gives a real one.

use crate::support::{Musterctl, PASSWORD, Peer, Run, Simulator, eventually, finish, interrupt, table};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

/// A command on a terminal of its own, with everything it shows.
pub(crate) struct Terminal {
    process: Child,
    shown: std::sync::Arc<std::sync::Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Terminal {
    pub(crate) fn start(muster: &Musterctl, line: &str) -> Terminal {
        let plain = muster.command(&[]);
        let words = std::iter::once(plain.get_program()).chain(plain.get_args());
        let program = words.map(|word| word.to_str().expect("text")).collect::<Vec<_>>().join(" ");
        let mut command = std::process::Command::new("script");
        command.args([
            "-qec",
            &format!("stty cols 100; {program} {line}; code=$?; stty -a; exit $code"),
            "/dev/null",
        ]);
        command.env_clear().envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command.env("SHELL", "/bin/sh").env("TERM", "xterm");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("script of bsdutils starts");
        let mut stdout = process.stdout.take().expect("what it shows");
        let shown = std::sync::Arc::<std::sync::Mutex<String>>::default();
        let into = shown.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut bytes) {
                into.lock().expect("the text").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Terminal { process, shown, reader: Some(reader) }
    }

    /// Waits until this was shown.
    fn expect(&self, words: &str) {
        eventually(words, || self.shown.lock().expect("the text").contains(words));
    }

    fn type_in(&mut self, keys: &str) {
        let stdin = self.process.stdin.as_mut().expect("a keyboard");
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).expect("typed");
    }

    pub(crate) fn finish(mut self) -> Run {
        let code = self.process.wait().expect("it ends").code().unwrap_or(-1);
        self.reader.take().expect("the reader").join().expect("everything was shown");
        let stdout = self.shown.lock().expect("the text").clone();
        Run { code, stdout, stderr: String::new() }
    }
}

fn add(peer: &Peer, trust: &str) -> String {
    format!("vcenter add Berlin {} --user admin {trust}", peer.address())
}

#[test]
fn a_password_is_asked_for_and_never_shown() {
    let (peer, muster) = (Peer::vcenter(), Musterctl::new());
    let mut terminal = Terminal::start(&muster, &add(&peer, &format!("--ca-file {}", peer.ca())));
    terminal.expect("Password of admin (Berlin)");
    terminal.type_in(&format!("{PASSWORD}\r"));
    let run = terminal.finish();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stdout.contains(PASSWORD), "{run:?}");
    assert_eq!(muster.ok(&["vcenter", "list"])[0]["name"], "Berlin");
}

#[test]
fn ctrl_c_at_the_password_ends_with_130_and_the_terminal_shows_what_is_typed_again() {
    let (peer, muster) = (Peer::vcenter(), Musterctl::new());
    let mut terminal = Terminal::start(&muster, &add(&peer, &format!("--ca-file {}", peer.ca())));
    terminal.expect("Password of admin (Berlin)");
    terminal.type_in("half\x03");
    let run = terminal.finish();
    assert_eq!(run.code, 130, "{run:?}");
    assert!(run.stdout.contains(" echo ") && run.stdout.contains(" icanon "), "{run:?}");
    assert!(run.stdout.contains("interrupted"), "{run:?}");
    assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));
}

#[test]
fn a_certificate_is_trusted_only_with_y_or_yes_whatever_ends_the_line() {
    let (peer, muster) = (Peer::vcenter(), Musterctl::new());
    muster.put_password("Berlin", PASSWORD);
    for (answer, code) in [("no", 6), ("yep", 6), ("", 6), ("\u{feff}Yes\r", 0)] {
        let mut terminal = Terminal::start(&muster, &add(&peer, ""));
        terminal.expect("do you trust it?");
        assert!(terminal.shown.lock().unwrap().contains(&peer.sha256()));
        terminal.type_in(&format!("{answer}\r"));
        let run = terminal.finish();
        assert_eq!(run.code, code, "{run:?}");
    }
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["pin"], json!(peer.sha256()));
    table("a yes with a byte-order mark and a carriage return", "taken for yes");
}

#[test]
fn what_destroys_is_done_only_with_y_or_yes() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for (answer, code, left) in [("no", 130, 1), ("", 130, 1), ("y", 0, 0)] {
        let mut terminal = Terminal::start(&muster, "vcenter remove Berlin");
        terminal.expect("[y/N]");
        terminal.type_in(&format!("{answer}\r"));
        let run = terminal.finish();
        assert_eq!(run.code, code, "{run:?}");
        assert_eq!(muster.ok(&["vcenter", "list"]).as_array().map(Vec::len), Some(left));
    }
}

#[test]
fn a_rejected_password_is_asked_for_again_and_fresh_data_needs_none() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.put_password("Berlin", "no longer right");
    assert_eq!(muster.json(&["test", "Berlin"]).code, 4);
    let fresh = Terminal::start(&muster, "inventory hosts --max-age 1h").finish();
    assert_eq!(fresh.code, 0, "{fresh:?}");
    let mut terminal = Terminal::start(&muster, "sync full Berlin");
    terminal.expect("was rejected at");
    terminal.expect("Password of admin (Berlin)");
    terminal.type_in(&format!("{PASSWORD}\r"));
    let run = terminal.finish();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("Berlin: full sync succeeded in"), "{run:?}");
}

#[test]
fn a_list_of_operations_has_one_line_each_on_a_narrow_terminal() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for _ in 0..3 {
        muster.ok(&["sync", "full", "Berlin"]);
    }
    for width in [80, 0] {
        let line = format!("--version; stty cols {width}; {} operations list", program(&muster));
        let run = Terminal::start(&muster, &line).finish();
        let rows = run.stdout.lines().filter(|line| line.contains("succeeded"));
        let rows: Vec<&str> = rows.collect();
        assert_eq!(rows.len(), 3, "{}", run.stdout);
        assert!(rows.iter().all(|row| row.trim_end().chars().count() <= 80), "{}", run.stdout);
    }
}

#[test]
fn a_table_fits_the_terminal_with_whole_names_and_ages_and_says_how_many_columns_are_left_out() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let names: Vec<String> = muster
        .ok(&["inventory", "vms", "--columns", "name"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    let on = |width: u16, rest: &str| {
        let line = format!("--version; stty cols {width}; {} inventory vms {rest}", program(&muster));
        Terminal::start(&muster, &line).finish().stdout
    };
    for width in [60, 80] {
        let shown = on(width, "");
        let lines: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("NAME")).collect();
        for (line, name) in lines[1..].iter().zip(&names) {
            assert!(line.starts_with(name.as_str()), "{shown}");
            assert!(line.trim_end().chars().count() <= usize::from(width), "{shown}");
        }
        let left_out = lines.iter().find_map(|line| line.trim().strip_suffix(" more: --columns"));
        let left_out: usize = left_out.expect(&shown).parse().unwrap();
        let piped = muster.run(&["inventory", "vms"]);
        let titles = |line: &str| line.split("  ").filter(|title| !title.trim().is_empty()).count();
        let all = titles(piped.stdout.lines().next().unwrap());
        assert_eq!(titles(lines[0]) + left_out, all, "{shown}");
        assert!(!piped.stderr.contains("--columns"), "{piped:?}");
    }
    let chosen = ["--columns", "name,synced_at"];
    let shown = on(80, &chosen.join(" "));
    let is_aged = shown.contains("just now") || shown.contains(" s ago");
    assert!(is_aged && !shown.contains("more: --columns"), "{shown}");
    let piped = muster.run(&[&["inventory", "vms"][..], &chosen].concat()).stdout;
    assert!(piped.contains('Z') && !piped.contains("ago"), "{piped}");
}

#[test]
fn ctrl_c_ends_an_inventory_that_refreshes_and_nothing_is_left_running() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let child = muster.spawn(&["inventory", "hosts", "--max-age", "1s", "--json"]);
    eventually("it reads", || peer.is_holding());
    interrupt(&child);
    let run = finish(child);
    assert_eq!((run.code, &run.error()["code"]), (130, &json!("cancelled")), "{run:?}");
    assert!(run.error()["next_step"].is_string(), "{run:?}");
    peer.post("/release", json!({}));
    assert_eq!(peer.sessions(), 0);
    assert_eq!(muster.ok(&["operations", "list"])[0]["state"], "cancelled");
}

#[test]
fn a_reader_that_has_seen_enough_ends_watch_and_a_full_disk_is_told() {
    let muster = Musterctl::new();
    let mut watch = muster.spawn(&["watch"]);
    let mut stdout = BufReader::new(watch.stdout.take().expect("its output"));
    // A thread that nobody waits for: where nothing is printed, the test fails and doesn't hang.
    let first = std::thread::spawn(move || {
        let mut line = String::new();
        stdout.read_line(&mut line).map(|_| (line, stdout))
    });
    let mut added = 0;
    // It listens a moment after it was started.
    eventually("something was printed", || {
        if !first.is_finished() {
            added += 1;
            let name = format!("ops{added}");
            muster.put_password(&name, PASSWORD);
            muster.ok(&["credential", "add", &name, "--user", "admin"]);
        }
        first.is_finished()
    });
    let (line, stdout) = first.join().unwrap().unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
    drop(stdout);
    assert_eq!(finish(watch).code, 0);

    // More than a pipe holds, to a reader that is gone.
    let simulator = Simulator::start(&["--vms", "600"]);
    muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for form in ["--csv", "--spreadsheet", "--json"] {
        let mut list = muster.spawn(&["inventory", "vms", form]);
        drop(list.stdout.take());
        let run = finish(list);
        assert_eq!((run.code, &*run.stderr), (0, ""), "{form}");
    }

    let mut full = muster.command(&["credential", "list", "--json"]);
    full.stdout(std::fs::File::create("/dev/full").expect("Linux has it"));
    let run = finish(full.spawn().expect("it starts"));
    assert_eq!((run.code, &run.error()["code"]), (1, &json!("failed")), "{run:?}");
}

fn program(muster: &Musterctl) -> String {
    muster.command(&[]).get_program().to_str().expect("a path").to_owned()
}

#[test]
fn a_terminal_shows_one_bar_of_percent_over_the_whole_sync_and_that_it_is_being_cancelled() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"delay_ms": 700}}));
    let terminal = Terminal::start(&muster, "sync full Berlin");
    terminal.expect(" %, ");
    terminal.expect("Berlin: reading ");
    let shown = terminal.finish().stdout;
    let percents: Vec<u8> =
        shown.split(" %").filter_map(|before| before.rsplit(' ').next()?.parse().ok()).collect();
    assert!(!percents.is_empty() && percents.is_sorted(), "{percents:?}: {shown}");

    peer.behave();
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    let child = muster.spawn(&["sync", "full", "Berlin"]);
    eventually("the server holds a call back", || peer.is_holding());
    interrupt(&child);
    let run = finish(child);
    assert_eq!(run.code, 130, "{run:?}");
    assert!(run.stderr.contains("Cancelling…"), "{run:?}");
}
