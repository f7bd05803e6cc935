//! `musterctl.exe` under Wine in the place of `musterctl`: `./dev test windows` runs walks so.
//! Refuses to hide that it is another system: folders have names there that only Unicode can write, and what `Musterctl` itself
//! says of paths is as Windows writes them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's, without the script around it: a signal is for the program.
const WINE: &str = "/usr/lib/wine/wine64";

/// What names of folders begin with there.
pub(crate) const FOLDER: &str = "Büro 漢字 ";

/// The folder with the Windows programs and Wine's own files, if walks run against those.
pub(crate) fn windows() -> Option<PathBuf> {
    std::env::var_os("MUSTER_WINDOWS").map(PathBuf::from)
}

/// A Windows program before it is started, which sees nothing of this process's environment.
pub(crate) fn wine(folder: &Path, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(WINE);
    // Names of files are in UTF-8.
    command.arg(program.as_ref()).env_clear().env("LANG", "C.UTF-8");
    command.env("WINEPREFIX", folder.join("prefix")).env("WINEDEBUG", "-all");
    command
}

/// A path as the programs that walks run against write it.
pub(crate) fn as_told(path: &Path) -> PathBuf {
    match windows() {
        Some(_) => PathBuf::from(format!("Z:{}", path.display().to_string().replace('/', "\\"))),
        None => path.to_owned(),
    }
}
