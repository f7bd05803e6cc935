//! `--password-stdin` as a process sees it: a pipe that somebody may keep open.

use std::io::Write;
use std::process::{Command, Stdio};

use secrets::{ExposeSecret, read_password_from_stdin};

fn read(input: &[u8], test: &str) {
    let mut child = Command::new(std::env::current_exe().expect("the test's own path"))
        .args(["--ignored", "--exact", "--nocapture", test])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the test starts");
    let mut pipe = child.stdin.take().expect("stdin");
    pipe.write_all(input).expect("the pipe takes it");
    assert!(child.wait().expect("it ends").success(), "{test}");
    drop(pipe);
}

#[test]
fn a_line_on_a_pipe_is_read_without_waiting_for_its_end() {
    read(b"s3cret\r\n", "one_line");
}

#[test]
fn several_lines_on_a_pipe_are_refused() {
    read(b"s3cret\nother\n", "several_lines");
    read(b"s3cret\n\n", "several_lines");
}

#[test]
#[ignore = "started by the tests above"]
fn one_line() {
    assert_eq!(read_password_from_stdin().unwrap().expose_secret(), "s3cret");
}

#[test]
#[ignore = "started by the tests above"]
fn several_lines() {
    let error = read_password_from_stdin().unwrap_err();
    assert_eq!(error.to_string(), "the password from standard input has more than one line");
}
