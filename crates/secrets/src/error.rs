//! What can go wrong with a password.
//! No variant holds a password or bytes that came with one.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use crate::keychain::Fault;

/// Why a password could not be found, stored or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A user has to unlock the keychain, or declined to.
    #[error("the keychain is locked")]
    KeychainLocked,
    /// The keychain did not answer in time: 3 s, or 60 s for a user who unlocks it.
    #[error("the keychain did not respond in time")]
    KeychainTimedOut,
    /// The keychain answered, with a failure.
    #[error("{attempt} the keychain failed: {reason}")]
    Keychain {
        /// What was tried, such as "storing a password in".
        attempt: &'static str,
        /// The keychain's own words. Text, since the libraries' errors may carry a secret's bytes in `Debug`.
        reason: String,
    },
    /// A file of the credentials folder could not be read.
    #[error("reading the password file {} failed", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A file of the credentials folder holds no usable password.
    #[error("the password file {} {problem}", path.display())]
    UnusableFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with its contents.
        problem: Unusable,
    },
    /// A credential's name can't be a file's name, so nothing was looked for.
    #[error("the credential name {name:?} can't be used as a file name in the credentials folder")]
    UnsafeName {
        /// The name.
        name: String,
    },
    /// A helper that can't be run, or must not be.
    #[error("the helper {program} {problem}")]
    UnfitHelper {
        /// Its path.
        program: String,
        /// What is wrong with it.
        problem: Unfit,
    },
    /// The system didn't start a helper.
    #[error("starting the helper {program} failed")]
    HelperNotStarted {
        /// Its path.
        program: String,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A helper ended, and said that it failed.
    #[error("the helper {program} failed ({status}){}", said.as_deref().map(in_words).unwrap_or_default())]
    HelperFailed {
        /// Its path.
        program: String,
        /// How it ended: `exit status: 1`.
        status: ExitStatus,
        /// The beginning of what it wrote to its standard error, on one line.
        said: Option<String>,
    },
    /// A helper was ended because it took too long.
    #[error(
        "the helper {program} was stopped because it did not end within {} s{}",
        crate::helper::PATIENCE.as_secs(),
        said.as_deref().map(in_words).unwrap_or_default()
    )]
    HelperTimedOut {
        /// Its path.
        program: String,
        /// The beginning of what it wrote to its standard error, on one line.
        said: Option<String>,
    },
    /// A helper printed no usable password.
    #[error("what the helper {program} printed {problem}")]
    UnusablePrint {
        /// Its path.
        program: String,
        /// What is wrong with it.
        problem: Unusable,
    },
    /// A keychain of which nobody can ask what it holds.
    #[error("this system's keychain does not list its entries")]
    NotListed,
    /// Reading a password from standard input failed.
    #[error("reading the password from standard input failed")]
    Input(#[source] io::Error),
    /// Standard input held no usable password.
    #[error("the password from standard input {0}")]
    UnusableInput(Unusable),
}

/// What is wrong with bytes that should have been a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nothing, or only a line's end.
    #[error("is empty")]
    Empty,
    /// More than [`crate::LONGEST_PASSWORD`] bytes.
    #[error("is longer than 4096 bytes")]
    TooLong,
    /// No vCenter takes one, and it would end the text early elsewhere.
    #[error("contains a NUL byte")]
    Nul,
    /// Not text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// What PowerShell's `>` and Notepad's "Unicode" write.
    #[error("is UTF-16: save it as UTF-8 or ASCII")]
    Utf16,
    /// More than one line: it is not known which one was meant.
    #[error("has more than one line")]
    SeveralLines,
}

/// Why a program can't be a helper, or must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It would be looked for wherever Muster happens to be started.
    #[error("is not an absolute path")]
    Relative,
    /// There is none.
    #[error("does not exist")]
    Missing,
    /// A folder, for instance.
    #[error("is not a file")]
    NoFile,
    /// Its permissions don't allow anybody to run it.
    #[error("is not executable")]
    NotExecutable,
    /// Who owns it can make it another program, which this user would run.
    #[error("belongs to another user than root and the one who runs Muster")]
    OfSomebodyElse,
    /// Others than its owner can make it another program.
    #[error("can be changed or replaced by other users")]
    WritableByOthers,
    /// A shell would run it.
    #[error("is a batch file, which only a shell can run")]
    Batch,
}

fn in_words(said: &str) -> String {
    format!("; it said: {said}")
}

impl Error {
    pub(crate) fn from_keychain(attempt: &'static str, fault: Fault) -> Self {
        match fault {
            Fault::Locked => Self::KeychainLocked,
            Fault::TimedOut => Self::KeychainTimedOut,
            Fault::Absent(reason) | Fault::Failed(reason) => Self::Keychain { attempt, reason },
        }
    }
}
