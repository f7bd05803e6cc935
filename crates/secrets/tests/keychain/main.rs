//! The keychain on Linux, against a real GNOME Keyring and against services that lock, prompt, hang or are missing.
//! Never touches the keyring of the person who runs it: each test starts itself again with a bus of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "the functions around the tests are tests, too")]

mod fake;
mod inside;
mod other;

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const WRAPPER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/with-keyring.sh");

#[test]
fn a_password_makes_the_round_trip_through_gnome_keyring() {
    in_a_keyring("round_trip");
}

#[test]
fn a_dropped_password_leaves_no_copy_in_memory() {
    in_a_keyring("no_copy");
}

#[test]
fn a_locked_keyring_is_told_at_once_and_only_a_user_is_prompted() {
    in_a_keyring("locked");
}

#[test]
fn a_password_that_was_moved_into_another_collection_is_found_replaced_and_removed_there() {
    in_a_keyring("moved");
}

#[test]
fn the_entries_of_a_database_are_listed_and_what_is_locked_is_told() {
    in_a_keyring("listed");
}

#[test]
fn without_a_secret_service_passwords_are_held_in_memory() {
    on_a_bus("absent");
}

#[test]
fn without_a_session_bus_passwords_are_held_in_memory() {
    with_bus_address("unix:path=/nonexistent/bus", "absent");
}

#[test]
fn a_keychain_without_a_collection_is_absent() {
    on_a_bus("no_collection");
}

#[test]
fn a_hung_keychain_times_out_and_is_asked_anew_once_it_answers() {
    on_a_bus("hung");
}

#[test]
fn a_user_who_declines_leaves_the_keychain_locked() {
    on_a_bus("declined");
}

#[test]
fn a_user_who_unlocks_gets_the_answer_and_is_asked_once() {
    on_a_bus("unlocked");
}

#[test]
fn an_open_prompt_keeps_nobody_else_waiting() {
    on_a_bus("open_prompt");
}

#[test]
fn a_silent_bus_costs_three_seconds_and_no_more() {
    with_silent_bus("silent");
}

#[test]
fn a_process_ends_while_its_keychain_hangs() {
    let before = Instant::now();
    with_silent_bus("ends");
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
}

fn in_a_keyring(name: &str) {
    let mut wrapper = Command::new(WRAPPER);
    run(wrapper.arg(std::env::current_exe().unwrap()), name);
}

fn on_a_bus(name: &str) {
    let mut wrapper = Command::new(WRAPPER);
    run(wrapper.arg("--bus-only").arg(std::env::current_exe().unwrap()), name);
}

fn with_bus_address(address: &str, name: &str) {
    let mut this = Command::new(std::env::current_exe().unwrap());
    run(this.env("DBUS_SESSION_BUS_ADDRESS", address).env("MUSTER_TEST_KEYRING", "none"), name);
}

/// A bus whose socket takes the connection and then says nothing.
fn with_silent_bus(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("bus");
    let _silent = UnixListener::bind(&socket).unwrap();
    with_bus_address(&format!("unix:path={}", Path::new(&socket).display()), name);
}

fn run(command: &mut Command, name: &str) {
    let test = format!("inside::{name}");
    let Output { status, stdout, stderr } =
        command.args(["--ignored", "--exact", "--nocapture", "--test-threads=1", &test]).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success() && stdout.contains("1 passed"), "{test}: {status}\n{stdout}\n{stderr}");
}
