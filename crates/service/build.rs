//! Tells the service what it is built for, which only a build script is told.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").expect("cargo says what it builds for");
    println!("cargo:rustc-env=MUSTER_TARGET={target}");
}
