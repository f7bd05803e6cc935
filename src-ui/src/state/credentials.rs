//! The form of a credential, and what is said of merging and removing one.
//! Refuses to hold the password: it is read from its field once, when it is sent.

use super::form::{command_of, name_is_wrong, words_of};
use super::words::counted;
use contract::words::with_password_of_removed;
use contract::{Credential, CredentialPlace};

/// vCenters that are named; of more is said how many.
const NAMED: usize = 4;

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Form {
    pub(crate) name: String,
    pub(crate) user: String,
    /// The command of what prints the password.
    pub(crate) helper: String,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    User,
    Password,
    Helper,
}

impl Form {
    /// That of one that is there.
    pub(crate) fn of(credential: &Credential) -> Form {
        let helper = credential.helper.as_deref().map(command_of).unwrap_or_default();
        Form { name: credential.name.clone(), user: credential.user.clone(), helper }
    }

    /// What is wrong with it, field by field, in words that say what to type.
    pub(crate) fn wrong(
        &self,
        before: Option<&Credential>,
        has_password: bool,
    ) -> Vec<(Field, &'static str)> {
        let mut wrong = Vec::new();
        wrong.extend(name_is_wrong(&self.name).map(|words| (Field::Name, words)));
        if self.user.trim().is_empty() {
            wrong.push((Field::User, "Enter a user, such as muster@vsphere.local."));
        }
        // The password of one user is none of another's. What a file has, or a helper prints, is changed there.
        let is_elsewhere = |place| matches!(place, CredentialPlace::File | CredentialPlace::Helper);
        let is_another_user =
            before.is_some_and(|before| before.user != self.user.trim() && !is_elsewhere(before.stored));
        let has_another_helper = self.has_another_helper(before) && !self.helper.trim().is_empty();
        if has_another_helper && has_password {
            wrong.push((Field::Helper, "Leave this as it was, or the password blank."));
        } else if has_another_helper && words_of(&self.helper).is_none() {
            wrong.push((Field::Helper, "Close the quotation mark."));
        }
        if is_another_user && !has_password && !has_another_helper {
            wrong.push((Field::Password, "Enter the password of the new user."));
        }
        wrong
    }

    fn has_another_helper(&self, before: Option<&Credential>) -> bool {
        let then = before.map(|before| Form::of(before).helper).unwrap_or_default();
        self.helper.trim() != then
    }

    /// The program that prints the password and its arguments, where they are others than before; empty for none any more.
    pub(crate) fn helper(&self, before: Option<&Credential>) -> Option<Vec<String>> {
        self.has_another_helper(before).then(|| words_of(&self.helper)).flatten()
    }

    /// The name and the user, where they are others than before.
    pub(crate) fn changed(&self, before: &Credential) -> (Option<String>, Option<String>) {
        let changed = |now: &str, then: &str| (now.trim() != then).then(|| now.trim().to_owned());
        (changed(&self.name, &before.name), changed(&self.user, &before.user))
    }
}

/// What removing one does that no vCenter uses.
pub(crate) fn what_removing_does(credential: &Credential) -> String {
    with_password_of_removed("No vCenter uses it.", credential.stored)
}

/// What merging does.
pub(crate) fn merging(from: &Credential, into: &Credential) -> String {
    let removed = |said: String| with_password_of_removed(&said, from.stored);
    let who = match &from.vcenters[..] {
        [] => {
            return removed(format!("No vCenter uses \u{201c}{}\u{201d}. It is removed.", from.name));
        }
        [one] => format!("The vCenter {one}"),
        few if few.len() <= NAMED => format!("The vCenters {}", few.join(", ")),
        many => counted(many.len(), "vCenter", "vCenters"),
    };
    let vcenters = format!("{who} will log in with \u{201c}{}\u{201d} ({}).", into.name, into.user);
    removed(format!("{vcenters} The credential \u{201c}{}\u{201d} is removed.", from.name))
}

/// Why it can't be removed, if it can't.
pub(crate) fn not_removable(credential: &Credential) -> Option<String> {
    match &credential.vcenters[..] {
        [] => None,
        [one] => Some(format!("Used by {one}: merge it, or choose another credential there.")),
        many => Some(format!(
            "Used by {}: merge it, or choose other credentials there.",
            counted(many.len(), "vCenter", "vCenters")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::CredentialId;

    fn credential(stored: CredentialPlace, vcenters: &[&str]) -> Credential {
        Credential {
            helper: None,
            id: CredentialId("c".to_owned()),
            name: "Berlin".to_owned(),
            user: "admin".to_owned(),
            stored,
            vcenters: vcenters.iter().map(|&one| one.to_owned()).collect(),
            rejected_at: None,
            rejected_because: None,
            rejected_message: None,
        }
    }

    fn fields(form: &Form, before: Option<&Credential>, has_password: bool) -> Vec<Field> {
        form.wrong(before, has_password).into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_name_and_a_user_are_needed_and_a_password_where_it_is_another_user() {
        assert_eq!(fields(&Form::default(), None, false), [Field::Name, Field::User]);
        let before = credential(CredentialPlace::Keychain, &[]);
        let mut form = Form::of(&before);
        assert!(fields(&form, Some(&before), false).is_empty());
        form.name = "a/b".to_owned();
        form.user = "other".to_owned();
        assert_eq!(fields(&form, Some(&before), false), [Field::Name, Field::Password]);
        form.name = "Rome".to_owned();
        assert!(fields(&form, Some(&before), true).is_empty());
        for elsewhere in [CredentialPlace::File, CredentialPlace::Helper] {
            assert!(fields(&form, Some(&credential(elsewhere, &[])), false).is_empty());
        }
        assert_eq!(form.changed(&before), (Some("Rome".to_owned()), Some("other".to_owned())));
        assert_eq!(Form::of(&before).changed(&before), (None, None));
    }

    #[test]
    fn a_helper_is_named_changed_and_taken_away_and_an_unchanged_one_is_not_sent() {
        let words = ["/usr/bin/pass", "show", "my vcenter", ""].map(str::to_owned);
        let before = Credential { helper: Some(words.to_vec()), ..credential(CredentialPlace::Helper, &[]) };
        let mut form = Form::of(&before);
        assert_eq!(form.helper, "/usr/bin/pass show \"my vcenter\" \"\"");
        assert_eq!((form.helper(Some(&before)), form.helper(None)), (None, Some(words.to_vec())));
        assert!(fields(&form, Some(&before), true).is_empty(), "a password takes its place");
        form.helper = " ".to_owned();
        assert_eq!(form.helper(Some(&before)), Some(Vec::new()));
        form.helper = "/usr/bin/pass \"show".to_owned();
        assert_eq!(fields(&form, Some(&before), false), [Field::Helper]);
        form.helper = "/usr/bin/op read".to_owned();
        assert_eq!(fields(&form, Some(&before), true), [Field::Helper]);
        form.user = "other".to_owned();
        assert!(fields(&form, Some(&credential(CredentialPlace::Keychain, &[])), false).is_empty());
    }

    #[test]
    fn what_merging_and_removing_mean_is_said_with_names_or_how_many() {
        let one = credential(CredentialPlace::None, &["Berlin"]);
        assert_eq!(not_removable(&credential(CredentialPlace::None, &[])), None);
        assert!(not_removable(&one).unwrap().starts_with("Used by Berlin:"));
        let many = credential(CredentialPlace::None, &["a", "b", "c", "d", "e"]);
        assert!(not_removable(&many).unwrap().starts_with("Used by 5 vCenters:"));
        let into = Credential { name: "shared".to_owned(), user: "muster".to_owned(), ..one.clone() };
        assert_eq!(
            merging(&one, &into),
            "The vCenter Berlin will log in with \u{201c}shared\u{201d} (muster). The credential \u{201c}Berlin\u{201d} is removed."
        );
        assert!(merging(&many, &into).starts_with("5 vCenters will log in"));
        let unused = credential(CredentialPlace::Keychain, &[]);
        assert_eq!(
            what_removing_does(&unused),
            "No vCenter uses it. Its password is removed from the keychain."
        );
        assert_eq!(what_removing_does(&credential(CredentialPlace::None, &[])), "No vCenter uses it.");
        assert!(merging(&unused, &into).ends_with("Its password is removed from the keychain."));
        let file = credential(CredentialPlace::File, &["Berlin"]);
        assert!(merging(&file, &into).ends_with("The password file stays: delete it yourself."));
    }
}
