//! Two versions of a vCenter and what was typed: one form of all three, and what they say side by side.
//! Refuses to decide which one is right: the user sees them, and says so.

use super::{Form, LoginForm, TrustForm};
use contract::{Difference, Trust, Vcenter};

impl Form {
    /// What was typed over `before`, on top of what others made of it since. What was not typed over is as they left it.
    pub(crate) fn on_top_of(&self, before: &Vcenter, now: &Vcenter) -> Form {
        let (then, others) = (Form::of(before), Form::of(now));
        let pick = |mine: &String, then: &String, others: String| {
            if mine.trim() == then.trim() { others } else { mine.clone() }
        };
        Form {
            name: pick(&self.name, &then.name, others.name),
            address: pick(&self.address, &then.address, others.address),
            user: pick(&self.user, &then.user, others.user),
            credential: pick(&self.credential, &then.credential, others.credential),
            ..self.clone()
        }
        .with(self.vcenter_settings().on_top_of(&before.settings, &now.settings))
    }

    /// What stands in a vCenter's fields now, and what would with this form: those that others changed since `before`, and
    /// those that it changes.
    pub(crate) fn beside(&self, before: &Vcenter, now: &Vcenter) -> Vec<Difference> {
        let own = self.login == LoginForm::Own;
        let mut yours = Vcenter {
            name: self.name.trim().to_owned(),
            credential: if own { now.credential.clone() } else { self.credential.clone() },
            user: if own { self.user.trim().to_owned() } else { now.user.clone() },
            settings: self.vcenter_settings(),
            ..now.clone()
        };
        if let Some(trust) = self.trust() {
            trust.name().clone_into(&mut yours.trust);
            yours.pin = if let Trust::Pin { sha256 } = trust { Some(sha256) } else { None };
        }
        let is_moved = !self.is_written_as_before(now);
        let fields = before.in_words().into_iter().zip(now.in_words()).zip(yours.in_words());
        let all = fields.map(|(((field, before), (_, now)), (_, yours))| {
            let yours = match field {
                // Only the service knows how it is stored.
                "Address" if is_moved => self.address.trim().to_owned(),
                "Trust" if self.trust == TrustForm::Ca => format!("{yours} (new)"),
                _ => yours,
            };
            (before, Difference { field, now, yours })
        });
        let of_interest = all.filter(|(before, Difference { now, yours, .. })| now != yours || before != now);
        of_interest.map(|(_, difference)| difference).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;
    use contract::VcenterSettings;
    use contract::command::Change;

    #[test]
    fn what_was_typed_goes_on_top_of_what_others_made_of_it_meanwhile_and_both_are_shown() {
        let before = samples::vcenter("Berlin");
        let settings = VcenterSettings { tags: vec!["prod".into()], ..before.settings.clone() };
        let now = Vcenter { host: "vc2.example.org".into(), edition: 2, settings, ..before.clone() };
        let mut typed = Form { name: "Bonn".into(), ..Form::of(&before) };
        typed.settings.note = "mine".into();
        let both = typed.on_top_of(&before, &now);
        let Change { name, settings, address, user, .. } = both.change(&now, None);
        assert_eq!((name.as_deref(), address, user), (Some("Bonn"), None, None));
        assert_eq!(settings, Some(VcenterSettings { note: "mine".into(), ..now.settings.clone() }));
        let shown = both.beside(&before, &now);
        let shown: Vec<_> = shown.iter().map(|d| (d.field, &*d.now, &*d.yours)).collect();
        assert_eq!(
            shown,
            [
                ("Name", "Berlin", "Bonn"),
                ("Address", "vc2.example.org:443", "vc2.example.org:443"),
                ("Tags", "prod", "prod"),
                ("Note", "", "mine"),
            ]
        );
        let elsewhere = Form { address: "vc3.example.org".into(), ..Form::of(&before) };
        let shown = elsewhere.on_top_of(&before, &now).beside(&before, &now);
        assert_eq!(
            (shown[0].field, &*shown[0].yours),
            ("Address", "vc3.example.org"),
            "whoever typed it wins"
        );
        assert_eq!(Form::of(&before).on_top_of(&before, &now), Form::of(&now), "nothing is taken back");
    }
}
