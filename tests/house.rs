//! The direction of dependencies, as docs/ARCHITECTURE.md draws it.
//! Refuses every edge between packages of ours that is not written down here.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeSet;

/// Package, and what of ours it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("contract", &[]),
    ("vsphere", &[]),
    // Others' tests may use it; it stands beside them and knows none.
    ("simulator", &[]),
    ("secrets", &["contract"]),
    ("store", &["contract"]),
    ("service", &["contract", "secrets", "store", "vsphere"]),
    ("cli", &["contract", "secrets", "service", "simulator"]),
    ("muster", &["contract", "secrets", "service", "simulator"]),
    ("ui", &["contract"]),
    ("xtask", &[]),
    // It measures the wire beside the service, so it sees both; nothing depends on it.
    ("benches", &["contract", "service", "simulator", "vsphere"]),
];

/// What only the shell may know.
const SHELL_ONLY: &[&str] = &["tauri", "tauri-build", "tao", "wry", "gtk"];

/// What only these packages may know.
const AT_HOME: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("keyring", &["secrets"]),
    ("reqwest", &["vsphere", "benches"]),
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
fn vsphere_and_store_never_see_each_other_even_in_tests() {
    for package in metadata().workspace_packages() {
        let all: Vec<&str> = package.dependencies.iter().map(|d| d.name.as_str()).collect();
        match package.name.as_str() {
            "vsphere" => assert!(!all.contains(&"store"), "vsphere sees store"),
            "store" => assert!(!all.contains(&"vsphere"), "store sees vsphere"),
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
            let known = SHELL_ONLY.contains(&needed) || needed.starts_with("tauri-");
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
