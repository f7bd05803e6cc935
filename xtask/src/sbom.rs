//! What Muster is made of on a platform, as a list that scanners of vulnerabilities read (CycloneDX, JSON).
//! Refuses to say of one commit two different things: it has the commit's date, and a serial number made of what it lists.

use crate::made_of::{self, BROUGHT_ALONG};
use anyhow::Context;
use cargo_metadata::Package;
use cyclonedx_bom::external_models::normalized_string::NormalizedString;
use cyclonedx_bom::external_models::spdx::SpdxExpression;
use cyclonedx_bom::external_models::uri::Purl;
use cyclonedx_bom::models::bom::{Bom, SpecVersion, UrnUuid};
use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;
use cyclonedx_bom::validation::Validate;
use std::{fs, path::Path};

/// The list for a platform.
pub(crate) fn list(root: &Path, platform: &str) -> anyhow::Result<String> {
    let packages = made_of::packages(root, &[platform])?;
    let mut components = packages.iter().map(of_package).collect::<anyhow::Result<Vec<_>>>()?;
    for package in packages.iter().filter(|package| package.name.as_str() == "libsqlite3-sys") {
        components.push(component("generic", "sqlite", &sqlite(package)?, "blessing")?);
    }
    let stylesheet = made_of::stylesheet(root)?;
    components.push(component("npm", &stylesheet.name, &stylesheet.version, &stylesheet.license)?);
    let is_here = |only: Option<&str>| only.is_none_or(|only| only == platform);
    for (what, licensed, _) in BROUGHT_ALONG.into_iter().filter(|(.., only)| is_here(*only)) {
        // Of no version that anybody names.
        let mut one = Component::new(Classification::File, what, "", Some(what.to_owned()));
        (one.version, one.licenses) = (None, Some(license(licensed)));
        components.push(one);
    }
    let mut of = Component::new(Classification::Application, "muster", env!("CARGO_PKG_VERSION"), None);
    of.licenses = Some(license("MIT OR Apache-2.0"));
    of.description = Some(NormalizedString::new(&format!("Muster for {platform}")));
    let names = components.iter().filter_map(|one| one.bom_ref.as_deref()).collect::<Vec<_>>().join("\n");
    let listed = blake3::hash(format!("{} {platform}\n{names}", env!("CARGO_PKG_VERSION")).as_bytes());
    let bom = Bom {
        serial_number: Some(UrnUuid::from(serial_number(listed.as_bytes()))),
        metadata: Some(Metadata { timestamp: commit_time()?, component: Some(of), ..Metadata::default() }),
        components: Some(Components(components)),
        ..Bom::default()
    };
    let validated = bom.validate_version(SpecVersion::V1_5);
    anyhow::ensure!(validated.passed(), "the list is no valid CycloneDX: {validated:?}");
    let mut text = Vec::new();
    bom.output_as_json(&mut text, SpecVersion::V1_5)?;
    text.push(b'\n');
    Ok(String::from_utf8(text)?)
}

fn of_package(package: &Package) -> anyhow::Result<Component> {
    let named = package.license.as_deref().with_context(|| format!("{} names no license", package.name))?;
    // Cargo allowed a slash once.
    component("cargo", &package.name, &package.version.to_string(), &named.replace('/', " OR "))
}

fn component(of: &str, name: &str, version: &str, licensed: &str) -> anyhow::Result<Component> {
    let purl = Purl::new(of, name, version)?;
    let mut component = Component::new(Classification::Library, name, version, Some(purl.to_string()));
    component.licenses = Some(license(licensed));
    component.purl = Some(purl);
    Ok(component)
}

fn license(expression: &str) -> Licenses {
    Licenses(vec![LicenseChoice::Expression(SpdxExpression::new(expression))])
}

/// The version of SQLite, whose source the package brings along.
fn sqlite(package: &Package) -> anyhow::Result<String> {
    let header = package.manifest_path.with_file_name("sqlite3").join("sqlite3.h");
    let text = fs::read_to_string(&header).with_context(|| format!("reading {header}"))?;
    let version = text.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION ")).map(str::trim);
    Ok(version.context("SQLite's header says its version")?.trim_matches('"').to_owned())
}

/// When the commit was made, if the packager says so.
fn commit_time() -> anyhow::Result<Option<cyclonedx_bom::prelude::DateTime>> {
    let Ok(seconds) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let time = jiff::Timestamp::from_second(seconds.parse()?)?;
    Ok(Some(time.to_string().try_into()?))
}

/// A serial number that is the same for the same list: a UUID of version 8, whose bits are ours to choose.
fn serial_number(hash: &[u8]) -> uuid::Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
