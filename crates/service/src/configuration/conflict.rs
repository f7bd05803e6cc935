//! What comes of an edit that was made from an earlier version of a vCenter than the one that is stored.
//! Refuses to merge: what is stored stays, and who made the edit sees both versions.

use super::Stored;
use contract::{ApiError, Code, Credential, Difference, Trust, Vcenter};
use store::{VcenterEdit, VcenterRecord};

/// The refusal, with both versions; or the vCenter, where the others have made the same of it.
pub(super) fn outcome(
    now: VcenterRecord,
    edit: &VcenterEdit,
    credential: Option<Credential>,
    has_password: bool,
) -> Result<Stored<Vcenter>, ApiError> {
    let differing = differences(&now, edit, credential);
    // A password was meant for the user and the address that its sender saw.
    if differing.is_empty() && !has_password {
        return Ok(Stored { what: now.vcenter, password_note: None });
    }
    let current = now.vcenter;
    let fields: Vec<String> = differing.iter().map(in_words).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(": {}", fields.join("; ")) };
    let message = format!(
        "\"{}\" was changed elsewhere in the meantime. That version stays, and yours was not saved{fields}",
        current.name
    );
    let error = ApiError::new(Code::ChangedMeanwhile, message)
        .next("Look at the current version, then make your change again if it is still needed.");
    Err(ApiError { current: Some(Box::new(current)), ..error })
}

/// The fields in which a vCenter would be another one after an edit.
pub(crate) fn differences(
    now: &VcenterRecord,
    edit: &VcenterEdit,
    credential: Option<Credential>,
) -> Vec<Difference> {
    let edit = edit.clone();
    let mut yours = now.vcenter.clone();
    if let Some(credential) = credential {
        (yours.credential, yours.user) = (credential.name, credential.user);
    }
    yours.name = edit.name.unwrap_or(yours.name);
    yours.host = edit.host.unwrap_or(yours.host);
    yours.port = edit.port.unwrap_or(yours.port);
    yours.user = edit.user.unwrap_or(yours.user);
    yours.settings = edit.settings.unwrap_or(yours.settings);
    let mut another_ca = None;
    if let Some(trust) = edit.trust {
        trust.name().clone_into(&mut yours.trust);
        if matches!((&trust, &now.trust), (Trust::Ca { pem }, Trust::Ca { pem: stored }) if pem != stored) {
            another_ca = Some(Difference {
                field: "Trust",
                now: "Custom CA".to_owned(),
                yours: "another custom CA".to_owned(),
            });
        }
        yours.pin = if let Trust::Pin { sha256 } = trust { Some(sha256) } else { None };
    }
    now.vcenter.differences(&yours).into_iter().chain(another_ca).collect()
}

/// `TTL is 1 h, yours 10 min`.
fn in_words(difference: &Difference) -> String {
    let shown = |value: &str| if value.is_empty() { "none".to_owned() } else { value.to_owned() };
    format!("{} is {}, yours {}", difference.field, shown(&difference.now), shown(&difference.yours))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{StaleReads, VcenterSettings};

    fn now() -> VcenterRecord {
        let vcenter = Vcenter {
            trust: "ca".into(),
            settings: VcenterSettings { note: "maintenance".into(), ..VcenterSettings::default() },
            edition: 7,
            ..crate::query::tests::vcenter("Berlin")
        };
        VcenterRecord {
            known_address: (vcenter.host.clone(), vcenter.port),
            vcenter,
            trust: Trust::Ca { pem: "one".into() },
            contact: None,
            state_since: None,
            host_macs: None,
            failures_reset_at: None,
            certificate_sha256: None,
        }
    }

    #[test]
    fn a_refusal_says_who_wins_and_names_each_field_with_both_values() {
        let settings =
            VcenterSettings { ttl_seconds: 600, stale_reads: StaleReads::Nothing, ..Default::default() };
        let edit = VcenterEdit {
            port: Some(8443),
            trust: Some(Trust::Ca { pem: "two".into() }),
            settings: Some(settings),
            ..VcenterEdit::default()
        };
        let error = outcome(now(), &edit, None, false).unwrap_err();
        let host = now().vcenter.host;
        assert_eq!(
            error.message,
            format!(
                "\"Berlin\" was changed elsewhere in the meantime. That version stays, and yours was not saved: Address is \
                 {host}:443, yours {host}:8443; TTL is 5 min, yours 10 min; When stale is Refresh what is shown, yours Do \
                 nothing; Note is maintenance, yours none; Trust is Custom CA, yours another custom CA"
            )
        );
        assert_eq!((error.code, error.current), (Code::ChangedMeanwhile, Some(Box::new(now().vcenter))));
    }

    #[test]
    fn who_wanted_what_the_others_made_of_it_has_it_unless_a_password_goes_with_it() {
        let same = VcenterEdit { settings: Some(now().vcenter.settings), ..VcenterEdit::default() };
        assert_eq!(outcome(now(), &same, None, false).unwrap().what, now().vcenter);
        let error = outcome(now(), &same, None, true).unwrap_err();
        assert!(error.message.ends_with("yours was not saved"), "{}", error.message);
    }
}
