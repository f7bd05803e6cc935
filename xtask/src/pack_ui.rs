//! Packs the page: WebAssembly, its bindings, and the files that belong to it.
//! Refuses to touch src-ui/dist when nothing changed, because the desktop binary embeds it and would be rebuilt.

use crate::{licenses, made_of::PAGE};
use anyhow::{Context, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

/// Builds and packs, optimized or not.
pub(crate) fn run(root: &Path, release: bool) -> anyhow::Result<()> {
    let dist = root.join("src-ui/dist");
    let wasm = build_wasm(root, release)?;
    let files = static_files(root)?;

    let licenses = licenses::list(root)?;

    let stamp = stamp(&wasm, &files, &licenses)?;
    // Beside the page and not in it, because everything in it is embedded.
    let stamp_file = root.join("src-ui/dist.stamp");
    if dist.is_dir() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(());
    }
    // The page is put together beside its place and moved there whole: a broken build leaves no half page.
    let fresh = root.join("src-ui/dist.new");
    remove(&fresh)?;
    fs::create_dir_all(&fresh)?;
    bind(&wasm, &fresh, release)?;
    for file in &files {
        let to = fresh.join(&file.to);
        fs::create_dir_all(to.parent().context("a file needs a folder")?)?;
        fs::copy(&file.from, &to).with_context(|| format!("copying {}", file.from.display()))?;
    }
    fs::write(fresh.join("licenses.txt"), &licenses).context("writing the licenses")?;
    remove(&dist)?;
    fs::rename(&fresh, &dist).context("moving the page to src-ui/dist")?;
    fs::write(&stamp_file, stamp).context("noting what was packed")
}

/// Cargo decides whether there is anything to build. The folder of its own keeps this build from waiting for
/// another one, and that one from waiting for this.
fn build_wasm(root: &Path, release: bool) -> anyhow::Result<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("wasm");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root).args(["build", "--package", "ui", "--target", PAGE, "--target-dir"]).arg(&target);
    if release {
        // Symbols tell wasm-bindgen what the code needs; it removes the names itself.
        build.args(["--release", "--config", "profile.release.strip='none'"]);
    }
    let status = build.status().context("starting cargo")?;
    if !status.success() {
        bail!("building the page failed; if the target {PAGE} is missing, ./dev setup installs it");
    }
    Ok(target.join(PAGE).join(if release { "release" } else { "debug" }).join("ui.wasm"))
}

fn bind(wasm: &Path, to: &Path, release: bool) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .out_name("ui")
        .web(true)?
        .typescript(false)
        .remove_name_section(release)
        .generate(to)
        .context("generating the page's bindings")
}

/// A file of the page, and its place in it.
struct Asset {
    from: PathBuf,
    to: PathBuf,
}

fn static_files(root: &Path) -> anyhow::Result<Vec<Asset>> {
    let mut files = vec![Asset { from: root.join("icons/muster.svg"), to: "muster.svg".into() }];
    for entry in fs::read_dir(root.join("src-ui/static"))? {
        let entry = entry?;
        files.push(Asset { from: entry.path(), to: entry.file_name().into() });
    }
    files.extend(patternfly(&root.join("src-ui/node_modules/@patternfly/patternfly"))?);
    files.sort_by(|a, b| a.to.cmp(&b.to));
    Ok(files)
}

/// The stylesheet and what it refers to, so that its fonts come along and its 30 MB of sources don't.
fn patternfly(package: &Path) -> anyhow::Result<Vec<Asset>> {
    let stylesheet = package.join("patternfly.min.css");
    let text = fs::read_to_string(&stylesheet)
        .with_context(|| format!("{} is missing: ./dev setup installs it", stylesheet.display()))?;
    let mut files = vec![Asset { from: stylesheet, to: "patternfly.min.css".into() }];
    for part in text.split("url(").skip(1) {
        let address = part.split(')').next().unwrap_or_default().trim_matches(['"', '\'']);
        let relative = Path::new(address.trim_start_matches("./"));
        let from = package.join(relative);
        if address.starts_with("data:") || files.iter().any(|f| f.to == relative) {
            continue;
        }
        if !from.is_file() {
            bail!("PatternFly's stylesheet refers to {address}, which its package does not have");
        }
        files.push(Asset { from, to: relative.to_owned() });
    }
    Ok(files)
}

/// A digest of all that goes into the page, this program's own version of packing included.
fn stamp(wasm: &Path, files: &[Asset], licenses: &str) -> anyhow::Result<String> {
    let mut digest = blake3::Hasher::new();
    digest.update(include_bytes!("pack_ui.rs"));
    digest.update(&fs::read(wasm).with_context(|| format!("reading {}", wasm.display()))?);
    digest.update(licenses.as_bytes());
    for file in files {
        digest.update(file.to.to_string_lossy().as_bytes());
        digest.update(&fs::read(&file.from).with_context(|| format!("reading {}", file.from.display()))?);
    }
    Ok(digest.finalize().to_hex().to_string())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}
