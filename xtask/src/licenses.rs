//! The list of everything that Muster is made of, with the license of each and the texts that come with it.
//! Refuses to leave one out: what names no license fails the build.

use crate::made_of::{self, BROUGHT_ALONG, PLATFORMS};
use anyhow::{Context, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

/// What the files of a package are called that hold its licenses.
const FILES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// The list as text, for all platforms: one of them may bring a package that another has no need of.
pub(crate) fn list(root: &Path) -> anyhow::Result<String> {
    let packages = made_of::packages(root, &PLATFORMS)?;
    let mut text = String::from(
        "Muster is made of the following, each under its own license. Where a package comes with texts of its licenses they are \
         below the list, each once.\n\n",
    );
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in &packages {
        let name = format!("{} {}", package.name, package.version);
        let Some(license) = package.license.as_ref() else { bail!("{name} names no license") };
        writeln!(text, "{name}: {license}")?;
        let folder = package.manifest_path.parent().context("a manifest is in a folder")?;
        for own in texts_in(folder.as_std_path())? {
            texts.entry(own).or_default().insert(name.clone());
        }
    }
    let stylesheet = made_of::stylesheet(root)?;
    writeln!(text, "{} {}: {}", stylesheet.name, stylesheet.version, stylesheet.license)?;
    for (what, license, _) in BROUGHT_ALONG {
        writeln!(text, "{what}: {license}")?;
    }
    // The crate that brings the library leaves its license out.
    texts
        .entry(include_str!("webview2.txt").trim().to_owned())
        .or_default()
        .insert("WebView2Loader.dll".to_owned());
    for (own, names) in texts {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        write!(text, "\n{}\n{names}\n\n{}\n", "-".repeat(72), own.trim_end())?;
    }
    Ok(text)
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
