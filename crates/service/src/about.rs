//! What this program is.
//! Refuses to look anything up: all of it was put into the program when it was built.

use contract::command::About;

/// Its version, the commit that it was built from, and its platform.
#[must_use]
pub fn about() -> About {
    let told = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: told(option_env!("MUSTER_COMMIT")),
        commit_date: told(option_env!("MUSTER_COMMIT_DATE")),
        target: env!("MUSTER_TARGET").to_owned(),
    }
}
