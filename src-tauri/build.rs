//! Lets the page call the commands that `contract` declares.
//! Refuses everything else: what is missing from that list is denied to the page, even if it were registered.

use std::{error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    // The page is embedded at compile time, so a new page means a new binary.
    println!("cargo:rerun-if-changed=src-ui/dist");

    let commands: Vec<&'static str> = contract::command::names().collect();
    let capability = write_capability(&commands)?;
    println!("cargo:rerun-if-changed=packaging/windows/muster.manifest");
    let windows = tauri_build::WindowsAttributes::new()
        .app_manifest(include_str!("../packaging/windows/muster.manifest"));
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .windows_attributes(windows)
            .app_manifest(tauri_build::AppManifest::new().commands(commands.leak()))
            .capabilities_path_pattern(capability),
    )?;
    Ok(())
}

/// Grants both windows each declared command, and nothing of Tauri's own.
///
/// It is generated so that no second list of commands has to be kept in step with the first.
fn write_capability(commands: &[&str]) -> Result<&'static str, Box<dyn Error>> {
    let folder = PathBuf::from(std::env::var("OUT_DIR")?).join("capabilities");
    std::fs::create_dir_all(&folder)?;
    let capability = serde_json::json!({
        "identifier": "main",
        "description": "The page in Muster's windows may call the commands of Muster's contract.",
        "local": true,
        "windows": ["main", "compact"],
        "permissions": commands
            .iter()
            .map(|name| format!("allow-{}", name.replace('_', "-")))
            .collect::<Vec<_>>(),
    });
    let file = folder.join("main.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&capability)?)?;
    // Tauri wants the pattern for as long as the build script lives, which is what a leak gives.
    Ok(Box::leak(file.to_string_lossy().into_owned().into_boxed_str()))
}
