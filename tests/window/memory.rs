//! The memory of the programs that stay, after logins by a helper's password through a proxy: it is in none of it, nor in any file.
//! Refuses to take silence for a proof: what is meant to be in there is found by the same search.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, PASSWORD, Peer, Proxies, eventually, finish, table, terminate};
use anyhow::Result;
use serde_json::json;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The largest part of a memory that is searched, bytes.
const LARGEST: u64 = 1 << 30;

/// How often each text stands in what a process has in its memory, and how many bytes that is.
fn in_memory<const N: usize>(process: u32, texts: [&str; N]) -> ([usize; N], usize) {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let (mut found, mut all) = ([0; N], 0);
    for map in maps.lines().filter(|line| !line.contains("[v")) {
        let (range, rest) = map.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|end| u64::from_str_radix(end, 16).unwrap());
        // What is larger is address space that WebKit reserves for scripts.
        if !rest.starts_with('r') || to - from > LARGEST {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            all += bytes.len();
            for (text, found) in texts.iter().zip(&mut found) {
                *found += bytes.windows(text.len()).filter(|part| *part == text.as_bytes()).count();
            }
        }
    }
    (found, all)
}

/// One vCenter behind a SOCKS5 proxy, whose password a helper prints.
fn configured(peer: &Peer, proxies: &Proxies) -> Musterctl {
    let muster = Musterctl::new();
    let (vault, helper) = (muster.folder().join("vault"), muster.folder().join("helper"));
    std::fs::write(&vault, PASSWORD).unwrap();
    std::fs::write(&helper, format!("#!/bin/sh\ncat '{}'\n", vault.display())).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (address, ca, proxy) = (peer.address(), peer.ca(), format!("socks5h://{}", proxies.socks()));
    let add = ["vcenter", "add", "Berlin", &address, "--user", "admin", "--ca-file", &ca, "--proxy", &proxy];
    muster.ok(&[&add[..], &["--helper", helper.to_str().unwrap()]].concat());
    muster
}

fn judge(what: &str, process: u32, data: &Path) {
    let ([password, control], bytes) = in_memory(process, [PASSWORD, "Berlin"]);
    assert!(control > 0, "the search finds nothing of what is there");
    assert_eq!(password, 0, "the password is in the memory of {what}");
    let files = std::process::Command::new("grep").args(["-rl", PASSWORD]).arg(data).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&files.stdout), "");
    table(
        &format!("{what} after logins by a helper through a proxy"),
        format!("{} MiB of memory, 0 hits", bytes >> 20),
    );
}

#[test]
fn the_password_of_a_login_is_nowhere_in_the_memory_of_a_worker() {
    let (peer, proxies) = (Peer::vcenter(), Proxies::start(&[]));
    let muster = configured(&peer, &proxies);
    let worker = muster.spawn(&["run", "--json"]);
    let succeeded = || muster.ok(&["operations", "list", "--state", "succeeded"]).as_array().unwrap().len();
    eventually("the worker has logged in", || {
        muster.json(&["sync", "full", "Berlin", "--detach"]);
        succeeded() > 1
    });
    judge("a worker", worker.id(), &muster.data());
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[tokio::test]
async fn the_password_of_a_login_is_nowhere_in_the_memory_of_the_window() -> Result<()> {
    let (peer, proxies) = (Peer::vcenter(), Proxies::start(&[]));
    let muster = configured(&peer, &proxies);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    let logins = peer.calls("Login");
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    assert_eq!(peer.calls("Login"), logins + 1);
    let runs = std::fs::read_dir(muster.data().join("run"))?.flatten().map(|entry| entry.path());
    let told: Vec<String> = runs
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    let process = told.iter().find(|text| text.contains("muster ") || text.contains("muster\n"));
    let digits = |text: &String| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok();
    let process: u32 = process.and_then(digits).unwrap_or_else(|| panic!("{}", json!(told)));
    judge("the window", process, &muster.data());
    window.close(&screen).await
}
