//! Gives `musterctl.exe` an icon, a version and a manifest, which Windows reads from the program.
//! Refuses to do anything elsewhere.

fn main() -> std::io::Result<()> {
    const MANIFEST: &str = "../../packaging/windows/muster.manifest";
    const ICON: &str = "../../icons/icon.ico";
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={MANIFEST}");
    println!("cargo:rerun-if-changed={ICON}");
    if std::env::var_os("CARGO_CFG_WINDOWS").is_none() {
        return Ok(());
    }
    let mut resource = tauri_winres::WindowsResource::new();
    resource.set_icon(ICON).set_manifest_file(MANIFEST);
    resource.set("ProductName", "Muster").set("FileDescription", "Muster's command line");
    resource.compile()
}
