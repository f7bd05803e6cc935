//! What can go wrong with a password.
//! No variant holds a password or bytes that came with one.

use std::io;
use std::path::PathBuf;

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

impl Error {
    pub(crate) fn from_keychain(attempt: &'static str, fault: Fault) -> Self {
        match fault {
            Fault::Locked => Self::KeychainLocked,
            Fault::TimedOut => Self::KeychainTimedOut,
            Fault::Absent(reason) | Fault::Failed(reason) => Self::Keychain { attempt, reason },
        }
    }
}
