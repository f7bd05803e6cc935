//! Build steps that need more than a shell.
//! Refuses to install anything: `./dev setup` does that.

mod licenses;
mod pack_ui;

use clap::Parser;

/// Build steps of Muster.
#[derive(Parser)]
enum Task {
    /// Builds the page and lays it out in src-ui/dist, ready to be embedded.
    PackUi {
        /// Optimizes it, as a release does.
        #[arg(long)]
        release: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::PackUi { release } => pack_ui::run(release),
    }
}
