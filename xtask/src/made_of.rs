//! What goes into the programs: packages of Rust, and the stylesheet.
//! Refuses to count what only builds or tests them.

use anyhow::{Context, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What packages are made for.
pub(crate) const PLATFORMS: [&str; 2] = ["x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu"];

/// What the page is built for.
pub(crate) const PAGE: &str = "wasm32-unknown-unknown";

/// What packages bring along that no manifest names, its license, and the platform if it is not on all: fonts and icons with the
/// stylesheet, and a library of Windows.
pub(crate) const BROUGHT_ALONG: [(&str, &str, Option<&str>); 4] = [
    ("Red Hat Display, Red Hat Text and Red Hat Mono (fonts)", "OFL-1.1", None),
    ("Font Awesome Free (font)", "OFL-1.1", None),
    ("Font Awesome Free (icons)", "CC-BY-4.0", None),
    ("WebView2Loader.dll of Microsoft (on Windows)", "BSD-3-Clause", Some("x86_64-pc-windows-gnu")),
];

/// A package of npm.
pub(crate) struct Stylesheet {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: String,
}

/// What the programs need on platforms, the page that the window shows included; ours are left out.
pub(crate) fn packages(root: &Path, platforms: &[&str]) -> anyhow::Result<Vec<Package>> {
    let programs = platforms.iter().map(|platform| (*platform, &["muster", "cli"][..]));
    let mut packages = BTreeMap::new();
    for (target, of) in programs.chain([(PAGE, &["ui"][..])]) {
        let metadata = metadata(root, target)?;
        for package in needed(&metadata, of)? {
            packages.insert((package.name.to_string(), package.version.clone()), package.clone());
        }
    }
    Ok(packages.into_values().collect())
}

/// The stylesheet, with its fonts and icons.
pub(crate) fn stylesheet(root: &Path) -> anyhow::Result<Stylesheet> {
    let manifest = root.join("src-ui/node_modules/@patternfly/patternfly/package.json");
    let manifest = fs::read(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest)?;
    let field = |key: &str| {
        manifest[key].as_str().map(str::to_owned).with_context(|| format!("the stylesheet's {key}"))
    };
    Ok(Stylesheet { name: field("name")?, version: field("version")?, license: field("license")? })
}

fn metadata(root: &Path, target: &str) -> anyhow::Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml"));
    command.other_options(["--locked", "--filter-platform", target].map(str::to_owned).to_vec());
    command.exec().context("asking cargo what depends on what")
}

/// What packages of ours need to run, and what that needs.
fn needed<'a>(metadata: &'a Metadata, of: &[&str]) -> anyhow::Result<Vec<&'a Package>> {
    let resolve = metadata.resolve.as_ref().context("cargo resolves what depends on what")?;
    let is_first = |package: &&Package| of.contains(&package.name.as_str());
    let mut waiting: Vec<&PackageId> =
        metadata.workspace_packages().into_iter().filter(is_first).map(|package| &package.id).collect();
    if waiting.len() != of.len() {
        bail!("the workspace has not all of {of:?}");
    }
    let mut seen: BTreeSet<&PackageId> = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = resolve.nodes.iter().find(|node| node.id == *id).context("what is needed is resolved")?;
        let to_run = node
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        waiting.extend(to_run.map(|dependency| &dependency.pkg));
    }
    let is_ours = |package: &&Package| package.source.is_none();
    Ok(seen.into_iter().map(|id| &metadata[id]).filter(|package| !is_ours(package)).collect())
}
