//! Build steps that need more than a shell.
//! Refuses to install anything: `./dev setup` does that.

mod licenses;
mod made_of;
mod pack_ui;
mod sbom;

use anyhow::Context;
use clap::Parser;
use std::{io::Write, path::Path};

/// Build steps of Muster.
#[derive(Parser)]
enum Task {
    /// Builds the page and lays it out in src-ui/dist, ready to be embedded.
    PackUi {
        /// Optimizes it, as a release does.
        #[arg(long)]
        release: bool,
    },
    /// Prints what Muster is made of on a platform, as CycloneDX.
    Sbom {
        /// As Rust names it: x86_64-unknown-linux-gnu.
        platform: String,
    },
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?;
    let text = match Task::parse() {
        Task::PackUi { release } => return pack_ui::run(root, release),
        Task::Sbom { platform } => sbom::list(root, &platform)?,
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
