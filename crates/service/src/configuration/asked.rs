//! What commands ask for, as the service takes it.
//! Refuses to check anything: the service does that for every client alike.

use super::{AddVcenter, EditVcenter, LoginWith, Stored};
use crate::validate;
use contract::command::{Change, Login, Password, Saved, SavedCredential, Settings};
use contract::{ApiError, Code, Credential, Trust, Vcenter};
use secrecy::SecretString;

impl TryFrom<Settings> for AddVcenter {
    type Error = ApiError;

    fn try_from(asked: Settings) -> Result<AddVcenter, ApiError> {
        Ok(AddVcenter {
            name: asked.name,
            address: asked.address,
            login: asked.login.try_into()?,
            trust: asked.trust.unwrap_or(Trust::System),
            settings: asked.settings,
        })
    }
}

impl TryFrom<Login> for LoginWith {
    type Error = ApiError;

    fn try_from(asked: Login) -> Result<LoginWith, ApiError> {
        Ok(match asked {
            Login::Own { user, password, helper } => LoginWith::User {
                user,
                password: password.map(secret).transpose()?,
                helper: helper.as_deref().map(validate::helper).transpose()?,
            },
            Login::Shared { credential } => LoginWith::Credential(credential),
        })
    }
}

impl TryFrom<Change> for EditVcenter {
    type Error = ApiError;

    fn try_from(asked: Change) -> Result<EditVcenter, ApiError> {
        Ok(EditVcenter {
            name: asked.name,
            address: asked.address,
            credential: asked.credential,
            user: asked.user,
            password: asked.password.map(secret).transpose()?,
            trust: asked.trust,
            settings: asked.settings,
        })
    }
}

impl From<Stored<Vcenter>> for Saved {
    fn from(stored: Stored<Vcenter>) -> Saved {
        Saved { vcenter: stored.what, password_note: stored.password_note }
    }
}

impl From<Stored<Credential>> for SavedCredential {
    fn from(stored: Stored<Credential>) -> SavedCredential {
        SavedCredential { credential: stored.what, password_note: stored.password_note }
    }
}

/// By the same rule as on a terminal and in a file.
pub(crate) fn secret(Password(typed): Password) -> Result<SecretString, ApiError> {
    secrets::typed_password(&typed).map_err(|error| {
        let message = match error {
            secrets::Error::UnusableInput(problem) => format!("the password {problem}"),
            other => other.to_string(),
        };
        ApiError::new(Code::InvalidValue, message).next("Enter it again, as one line of text.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrets::ExposeSecret;

    fn asked(password: &str) -> Result<EditVcenter, ApiError> {
        Change { password: Some(Password(password.into())), ..Change::default() }.try_into()
    }

    #[test]
    fn a_password_from_the_form_is_taken_by_the_same_rule_as_any_other() {
        for typed in ["s3cret", "\u{feff}s3cret", "s3cret\r\n"] {
            let password = asked(typed).unwrap().password.unwrap();
            assert_eq!(password.expose_secret(), "s3cret", "{typed:?}");
        }
        for typed in ["two\nlines", &"x".repeat(secrets::LONGEST_PASSWORD + 1), "\u{feff}"] {
            let error = asked(typed).unwrap_err();
            assert_eq!(error.code, Code::InvalidValue, "{typed:?}");
        }
    }
}
