//! The direction of dependencies, as docs/ARCHITECTURE.md draws it.
//! Refuses every edge between packages of ours that is not written down here.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeSet;

/// Package, and what of ours it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("contract", &[]),
    ("reach", &[]),
    ("planner", &[]),
    ("vsphere", &["reach"]),
    ("redfish", &["reach"]),
    ("deliver", &["reach"]),
    // Others' tests may use it; it stands beside them and knows none.
    ("simulator", &[]),
    ("secrets", &["contract"]),
    ("store", &["contract", "planner"]),
    ("service", &["contract", "deliver", "planner", "reach", "redfish", "secrets", "store", "vsphere"]),
    ("cli", &["contract", "secrets", "service", "simulator"]),
    ("muster", &["contract", "secrets", "service", "simulator"]),
    ("ui", &["contract"]),
    ("xtask", &[]),
    // It measures the wire and the database beside the service, so it sees all of them; nothing depends on it.
    ("benches", &["contract", "service", "simulator", "store", "vsphere"]),
];

/// What only the shell may know.
const SHELL_ONLY: &[&str] = &[
    "tauri",
    "tauri-build",
    "tao",
    "wry",
    "gtk",
    "gdkx11",
    "webkit2gtk",
    "ksni",
    "notify-rust",
    "auto-launch",
    "rfd",
];

/// What only these packages may know.
const AT_HOME: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("keyring", &["secrets"]),
    ("hyper-rustls", &["reach"]),
    ("rustls-platform-verifier", &["reach"]),
    ("socket2", &["reach"]),
    ("reqwest", &["benches"]),
    ("yew", &["ui"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        // The test must not be the one that reaches for the network.
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo tells what depends on what")
}

/// Names of what a package needs to run; what only its tests need says nothing about the house.
fn needs(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind != DependencyKind::Development)
        .map(|d| d.name.as_str())
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    for package in metadata.workspace_packages() {
        let (_, allowed) =
            ALLOWED.iter().find(|(name, _)| *name == package.name.as_str()).unwrap_or_else(|| {
                panic!("{} has no place in the house: give it one in tests/house.rs", package.name)
            });
        for needed in needs(package).intersection(&ours) {
            assert!(allowed.contains(needed), "{} must not depend on {needed}", package.name);
        }
    }
}

#[test]
fn every_place_in_the_house_is_taken() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    for (name, _) in ALLOWED {
        assert!(ours.contains(name), "tests/house.rs keeps a place for {name}, which is gone");
    }
}

#[test]
fn servers_and_store_never_see_each_other_even_in_tests() {
    for package in metadata().workspace_packages() {
        let all: Vec<&str> = package.dependencies.iter().map(|d| d.name.as_str()).collect();
        match package.name.as_str() {
            name @ ("deliver" | "reach" | "redfish" | "vsphere") => {
                assert!(!all.contains(&"store"), "{name} sees store")
            }
            "store" => {
                for server in ["deliver", "reach", "redfish", "vsphere"] {
                    assert!(!all.contains(&server), "store sees {server}");
                }
            }
            _ => {}
        }
    }
}

#[test]
fn only_the_shell_knows_tauri() {
    for package in metadata().workspace_packages() {
        if package.name.as_str() == "muster" {
            continue;
        }
        for needed in needs(package) {
            // That one writes icon and version into a program for Windows, and knows nothing of Tauri.
            let known =
                SHELL_ONLY.contains(&needed) || needed.starts_with("tauri-") && needed != "tauri-winres";
            assert!(!known, "{} knows {needed}, which only the shell may", package.name);
        }
    }
}

#[test]
fn database_network_keychain_and_page_have_one_home_each() {
    for package in metadata().workspace_packages() {
        for (library, homes) in AT_HOME {
            let uses = needs(package).contains(library);
            assert!(
                !uses || homes.contains(&package.name.as_str()),
                "{} must not use {library}",
                package.name
            );
        }
    }
}

/// The functions that other packages may call of the service, by file. What changes something or contacts a server is a
/// command, and goes through `call`: a function that is added here does neither.
const PUBLIC: &[(&str, &[&str])] = &[
    // The way in, and who comes.
    ("call.rs", &["call", "call_named", "new", "call", "may"]),
    ("caller.rs", &["person", "muster", "lowered_to", "through", "role", "who", "may"]),
    // What is done to a data folder that nobody has open asks for the role itself.
    ("backup.rs", &["check_backup", "restore_backup", "may_restore"]),
    ("log/mod.rs", &["begin", "end", "govern"]),
    // Opening, closing, events, and reads of what is known already.
    (
        "lib.rs",
        &[
            "from_environment",
            "data_dir",
            "open",
            "subscribe",
            "read",
            "ages",
            "runs_here",
            "look_seldom",
            "now",
            "close",
            "close_by",
        ],
    ),
    ("discovery/ranges.rs", &["count"]),
    ("events.rs", &["next"]),
    ("answer.rs", &["query", "kind", "len", "is_empty", "is_of_several", "rows"]),
    ("query.rs", &["of"]),
    ("pauses.rs", &["moment_to_come"]),
    ("status.rs", &["unreadable_vcenters", "state_in_words"]),
    // Plain functions of what they are given.
    ("about.rs", &["about"]),
    // What the window's own program changed stands in the log, too.
    ("audit.rs", &["note", "as_json_lines", "as_csv"]),
    ("inventory.rs", &["accepts", "was_read_since"]),
    ("explain.rs", &["shown_host"]),
    ("explain/login.rs", &["no_new_password"]),
    ("export/mod.rs", &["delimited"]),
    ("new_file.rs", &["write"]),
    ("validate.rs", &["address", "pem_text", "duration"]),
];

/// What everybody below the clients says is true for every client: what to type for it is the command line's to know.
#[test]
fn no_sentence_below_the_clients_names_a_command_or_an_option_of_one() {
    let mut seen = 0;
    for krate in ["contract", "service", "store", "secrets", "deliver", "reach", "redfish", "vsphere"] {
        let source = format!("{}/crates/{krate}/src", env!("CARGO_MANIFEST_DIR"));
        for (path, text) in sources(std::path::Path::new(&source)) {
            // What tests say themselves, of stored errors of an earlier release for one, is told to nobody.
            let said = text.split("#[cfg(test)]").next().unwrap();
            if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
                continue;
            }
            for line in said.lines().filter(|line| !line.trim_start().starts_with("//")) {
                seen += 1;
                let has_option = line.match_indices("--").any(|(at, _)| {
                    line[at + 2..].starts_with(|c: char| c.is_ascii_lowercase())
                        && line[..at].ends_with([' ', '"', '(', '`'])
                });
                assert!(!line.contains("musterctl") && !has_option, "{}: {line}", path.display());
            }
        }
    }
    assert!(seen > 10_000, "{seen} lines were looked at");
}

/// Every Rust file in a folder and below it.
fn sources(folder: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn nothing_of_the_service_but_the_one_way_in_changes_anything() {
    let source = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/crates/service/src"));
    let of_file = |(path, text): (std::path::PathBuf, String)| {
        let name = path.strip_prefix(source).unwrap().to_string_lossy().replace('\\', "/");
        let functions: Vec<String> = text.lines().filter_map(public_function).collect();
        (!functions.is_empty()).then_some((name, functions))
    };
    let mut found: Vec<(String, Vec<String>)> = sources(source).into_iter().filter_map(of_file).collect();
    found.sort();
    let mut allowed: Vec<(String, Vec<String>)> = PUBLIC
        .iter()
        .map(|(file, names)| ((*file).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    allowed.sort();
    assert_eq!(found, allowed, "what a client may do is a command of contract, and has a handler");
}

/// The name of a function that a line declares as public to everybody.
fn public_function(line: &str) -> Option<String> {
    let mut rest = line.trim_start().strip_prefix("pub ")?;
    for word in ["const ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    Some(name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[test]
fn the_readme_names_the_packages_of_this_version_and_the_changelog_has_it() {
    let read =
        |file: &str| std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let readme = read("README.md");
    for package in [
        format!("muster_{version}_amd64.deb"),
        format!("muster-{version}-1.x86_64.rpm"),
        format!("muster-{version}-x86_64-linux.tar.gz"),
        format!("muster-{version}-x86_64-windows-setup.exe"),
        format!("muster-{version}-x86_64-windows-portable.zip"),
    ] {
        assert!(readme.contains(&package), "{package}");
    }
    assert!(read("CHANGELOG.md").contains(&format!("\n## {version} - ")), "{version}");
}
