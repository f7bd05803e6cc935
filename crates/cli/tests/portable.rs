//! Where a program keeps its data that lies beside a file named `portable`.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests; clippy sees only functions with #[test] as such")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Shows the state of no vCenter, which makes a database.
fn status(program: &Path, home: &Path, arguments: &[&str]) {
    let shown = Command::new(program)
        .env_clear()
        .env("HOME", home)
        .args(arguments)
        .arg("status")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(shown.status.success(), "{shown:?}");
}

#[test]
fn a_program_beside_a_file_named_portable_keeps_its_data_there_unless_a_folder_is_named() {
    let (stick, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let program = stick.path().join("musterctl");
    // A link would be followed to where the program really is.
    fs::copy(env!("CARGO_BIN_EXE_musterctl"), &program).unwrap();
    status(&program, home.path(), &[]);
    assert!(home.path().join(".local/share/muster/muster.db").is_file());
    assert!(!stick.path().join("data").exists());

    fs::write(stick.path().join("portable"), "").unwrap();
    let elsewhere = home.path().join("elsewhere");
    status(&program, home.path(), &["--data-dir", &elsewhere.to_string_lossy()]);
    assert!(elsewhere.join("muster.db").is_file() && !stick.path().join("data").exists());
    status(&program, home.path(), &[]);
    assert!(stick.path().join("data/muster.db").is_file());
}
