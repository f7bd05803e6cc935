//! Exit codes: a contract with other people's scripts.
//! Refuses to invent new ones: `command-line` in the user guide lists them.

use contract::{ApiError, Code, Operation, OperationState};
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    WrongUsage = 2,
    NotFound = 3,
    NoLogin = 4,
    Unreachable = 5,
    Untrusted = 6,
    Forbidden = 7,
    Partly = 8,
    Exists = 9,
    Findings = 10,
    Cancelled = 130,
}

impl Exit {
    /// How an import ended of which so many of all rows were refused.
    pub(crate) fn of_import(refused: usize, all: usize) -> Exit {
        match refused {
            0 => Exit::Done,
            refused if refused == all => Exit::Failed,
            _ => Exit::Partly,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

impl From<&ApiError> for Exit {
    fn from(error: &ApiError) -> Exit {
        match error.code {
            Code::InvalidValue => Exit::WrongUsage,
            Code::NotFound => Exit::NotFound,
            Code::LoginRejected | Code::NoPassword | Code::KeychainLocked => Exit::NoLogin,
            Code::Unreachable | Code::TimedOut | Code::WayFailed | Code::NoSession => Exit::Unreachable,
            Code::UntrustedCertificate => Exit::Untrusted,
            Code::Forbidden => Exit::Forbidden,
            Code::Partial => Exit::Partly,
            Code::AlreadyExists => Exit::Exists,
            Code::Cancelled | Code::Interrupted => Exit::Cancelled,
            Code::Failed
            | Code::InUse
            | Code::ChangedMeanwhile
            | Code::NotVsphere
            | Code::NoPermission
            | Code::DifferentVcenter
            | Code::TooManyRemovals
            | Code::BadAnswer
            | Code::Database => Exit::Failed,
        }
    }
}

impl From<&Operation> for Exit {
    fn from(operation: &Operation) -> Exit {
        match operation.state {
            OperationState::Succeeded => Exit::Done,
            OperationState::Partial => Exit::Partly,
            OperationState::Cancelled | OperationState::Interrupted => Exit::Cancelled,
            OperationState::Failed | OperationState::Queued | OperationState::Running => {
                operation.error.as_ref().map_or(Exit::Failed, Exit::from)
            }
        }
    }
}

/// The code of several: 0 if all succeeded, 8 if some, the common one if all failed alike, else 1.
pub(crate) fn of_all(exits: &[Exit]) -> Exit {
    match exits {
        [] => Exit::Done,
        [first, rest @ ..] if rest.iter().all(|exit| exit == first) => *first,
        several if several.iter().any(|exit| matches!(exit, Exit::Done | Exit::Partly)) => Exit::Partly,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, of_all};

    #[test]
    fn several_vcenters_share_a_code_as_the_contract_says() {
        assert_eq!(of_all(&[Exit::Done, Exit::Done]), Exit::Done);
        assert_eq!(of_all(&[Exit::Done, Exit::Unreachable]), Exit::Partly);
        assert_eq!(of_all(&[Exit::Unreachable, Exit::Unreachable]), Exit::Unreachable);
        assert_eq!(of_all(&[Exit::Unreachable, Exit::NoLogin]), Exit::Failed);
        assert_eq!(of_all(&[Exit::Partly, Exit::NoLogin]), Exit::Partly);
    }
}
