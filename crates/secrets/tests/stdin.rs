//! `--password-stdin` as a process sees it: a pipe that somebody may keep open.

use std::io::Write;
use std::process::{Command, Stdio};

use secrets::{ExposeSecret, read_password_from_stdin};

#[test]
fn a_line_on_a_pipe_is_read_without_waiting_for_its_end() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "inside"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"s3cret\r\n").unwrap();
    assert!(child.wait().unwrap().success());
    drop(pipe);
}

#[test]
#[ignore = "started by the test above"]
fn inside() {
    assert_eq!(read_password_from_stdin().unwrap().expose_secret(), "s3cret");
}
