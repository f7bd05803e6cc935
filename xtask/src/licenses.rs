//! The list of everything that the window is made of, with the license of each and the texts that come with it.
//! Refuses to leave one out: what names no license fails the build.

use anyhow::{Context, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    process::Command,
};

/// What the files of a package are called that hold its licenses.
const FILES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// What the stylesheet brings along, which no manifest names.
const WITH_THE_STYLESHEET: [(&str, &str); 3] = [
    ("Red Hat Display, Red Hat Text and Red Hat Mono (fonts)", "OFL-1.1"),
    ("Font Awesome Free (font)", "OFL-1.1"),
    ("Font Awesome Free (icons)", "CC-BY-4.0"),
];

/// The list as text: `page` is the target of the page, beside that of the window itself.
pub(crate) fn list(root: &Path, page: &str) -> anyhow::Result<String> {
    let mut packages = BTreeMap::new();
    for (of, target) in [("muster", host()?), ("ui", page.to_owned())] {
        let metadata = metadata(root, &target)?;
        for package in needed(&metadata, of)? {
            packages.insert((package.name.to_string(), package.version.clone()), package.clone());
        }
    }
    let mut text = String::from(
        "Muster is made of the following, each under its own license. Where a package comes with texts of its licenses they are \
         below the list, each once.\n\n",
    );
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages.values() {
        let name = format!("{} {}", package.name, package.version);
        let Some(license) = package.license.as_ref() else { bail!("{name} names no license") };
        writeln!(text, "{name}: {license}")?;
        let folder = package.manifest_path.parent().context("a manifest is in a folder")?;
        for own in texts_in(folder.as_std_path())? {
            texts.entry(own).or_default().insert(name.clone());
        }
    }
    let stylesheet = root.join("src-ui/node_modules/@patternfly/patternfly/package.json");
    let stylesheet: serde_json::Value = serde_json::from_slice(&fs::read(&stylesheet)?)?;
    let field = |key: &str| stylesheet[key].as_str().context("the stylesheet's package says what it is");
    writeln!(text, "{} {}: {}", field("name")?, field("version")?, field("license")?)?;
    for (what, license) in WITH_THE_STYLESHEET {
        writeln!(text, "{what}: {license}")?;
    }
    for (own, names) in texts {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        write!(text, "\n{}\n{names}\n\n{}\n", "-".repeat(72), own.trim_end())?;
    }
    Ok(text)
}

/// The platform that this is built for, unless cargo is told another one.
fn host() -> anyhow::Result<String> {
    if let Ok(target) = std::env::var("CARGO_BUILD_TARGET") {
        return Ok(target);
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("-vV").output().context("starting rustc")?;
    let told = String::from_utf8(told.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names its host")?.to_owned())
}

fn metadata(root: &Path, target: &str) -> anyhow::Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml"));
    command.other_options(["--locked", "--filter-platform", target].map(str::to_owned).to_vec());
    command.exec().context("asking cargo what depends on what")
}

/// What a package of ours needs to run, and what that needs; ours are left out.
fn needed<'a>(metadata: &'a Metadata, of: &str) -> anyhow::Result<Vec<&'a Package>> {
    let resolve = metadata.resolve.as_ref().context("cargo resolves what depends on what")?;
    let first = metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == of);
    let mut waiting = vec![&first.with_context(|| format!("there is no package {of}"))?.id];
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

/// The texts of licenses in a folder, by the names of their files.
fn texts_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if !FILES.iter().any(|begin| name.starts_with(begin)) || !entry.file_type()?.is_file() {
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(entry.path())?).replace("\r\n", "\n");
        texts.push(text.trim().to_owned());
    }
    Ok(texts)
}
