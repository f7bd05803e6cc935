//! What is typed for a destination, and the destination that it means.
//! Refuses to judge an address: the service does, and says what is wrong.

use contract::destination::{Address, Destination, DestinationKind, DestinationSettings, MailSecurity};
use contract::words::destination_address;
use contract::{CredentialId, Trust, Way};

/// Each field as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Typed {
    pub(crate) name: String,
    pub(crate) kind: DestinationKind,
    /// Host and port, URL or path.
    pub(crate) address: String,
    pub(crate) security: MailSecurity,
    pub(crate) from: String,
    /// Separated by commas or lines.
    pub(crate) to: String,
    /// The id of the credential.
    pub(crate) credential: String,
    /// `system`, `pin` or `ca`.
    pub(crate) trust: String,
    pub(crate) pin: String,
    pub(crate) pem: String,
    pub(crate) proxy: String,
    pub(crate) keep: String,
    /// What no field shows.
    connect_to: String,
}

impl Typed {
    /// Of a destination that is there, or of a new one.
    pub(crate) fn of(before: Option<&Destination>) -> Typed {
        let mut typed = Typed {
            name: before.map(|one| one.name.clone()).unwrap_or_default(),
            kind: before.map_or(DestinationKind::Smtp, |one| one.kind),
            address: String::new(),
            security: MailSecurity::Tls,
            from: String::new(),
            to: String::new(),
            credential: String::new(),
            trust: "system".to_owned(),
            pin: String::new(),
            pem: String::new(),
            proxy: String::new(),
            keep: Address::KEPT.to_string(),
            connect_to: String::new(),
        };
        let Some(target) = before.and_then(|one| one.target.as_ref()) else { return typed };
        typed.address = match target {
            // The usual port goes with the security, which may be chosen anew.
            Address::Smtp { host, port: None, .. } => host.clone(),
            other => destination_address(other),
        };
        typed.credential = target.credential().map(ToString::to_string).unwrap_or_default();
        match target {
            Address::Smtp { security, from, to, trust, way, .. } => {
                (typed.security, typed.from, typed.to) = (*security, from.clone(), to.join(", "));
                typed.reached(trust, way);
            }
            Address::Webhook { trust, way, .. } => typed.reached(trust, way),
            Address::Folder { keep, .. } => typed.keep = keep.to_string(),
        }
        typed
    }

    fn reached(&mut self, trust: &Trust, way: &Way) {
        self.trust = trust.name().to_owned();
        match trust {
            Trust::System => {}
            Trust::Pin { sha256 } => self.pin.clone_from(sha256),
            Trust::Ca { pem } => self.pem.clone_from(pem),
        }
        (self.proxy, self.connect_to) = (way.proxy.clone(), way.connect_to.clone());
    }

    /// What it means, or what is wrong with it.
    pub(crate) fn settings(&self) -> Result<DestinationSettings, String> {
        let address = self.address.trim().to_owned();
        let trust = match &*self.trust {
            "pin" => Trust::Pin { sha256: self.pin.trim().to_owned() },
            "ca" => Trust::Ca { pem: self.pem.clone() },
            _ => Trust::System,
        };
        let way = Way { proxy: self.proxy.trim().to_owned(), connect_to: self.connect_to.clone() };
        let credential = (!self.credential.is_empty()).then(|| CredentialId(self.credential.clone()));
        let target = match self.kind {
            DestinationKind::Smtp => {
                let to = self.to.split([',', '\n']).map(str::trim).filter(|one| !one.is_empty());
                Address::Smtp {
                    host: address,
                    port: None,
                    security: self.security,
                    from: self.from.trim().to_owned(),
                    to: to.map(str::to_owned).collect(),
                    credential,
                    trust,
                    way,
                }
            }
            DestinationKind::Webhook => {
                let credential =
                    credential.ok_or("Select the credential whose password signs the events.")?;
                Address::Webhook { url: address, credential, trust, way }
            }
            DestinationKind::Folder => {
                let keep =
                    self.keep.trim().parse().map_err(|_| "Enter how many exports are kept, as a number.")?;
                Address::Folder { path: address, keep }
            }
        };
        Ok(DestinationSettings { name: self.name.clone(), target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::DestinationId;

    fn there(target: Address) -> Destination {
        Destination {
            id: DestinationId("d".to_owned()),
            name: "ops".to_owned(),
            kind: target.kind(),
            target: Some(target),
            credential: None,
            policies: Vec::new(),
            edition: 1,
        }
    }

    #[test]
    fn what_is_there_comes_back_as_it_is_typed() {
        let mail = Address::Smtp {
            host: "mail.example.org:2525".to_owned(),
            port: None,
            security: MailSecurity::StartTls,
            from: "a@example.org".to_owned(),
            to: vec!["b@example.org".to_owned(), "c@example.org".to_owned()],
            credential: Some(CredentialId("c".to_owned())),
            trust: Trust::Pin { sha256: "ab".repeat(32) },
            way: Way { proxy: "http://proxy:3128".to_owned(), ..Way::default() },
        };
        let hook = Address::Webhook {
            url: "https://example.org/x".to_owned(),
            credential: CredentialId("c".to_owned()),
            trust: Trust::Ca { pem: "PEM".to_owned() },
            way: Way::default(),
        };
        let folder = Address::Folder { path: "/srv".to_owned(), keep: 7 };
        let mut stored = mail.clone();
        if let Address::Smtp { host, port, .. } = &mut stored {
            (*host, *port) = ("mail.example.org".to_owned(), Some(2525));
        }
        let mut usual = mail.clone();
        if let Address::Smtp { host, .. } = &mut usual {
            "mail.example.org".clone_into(host);
        }
        for (before, meant) in
            [(usual.clone(), usual), (stored, mail), (hook.clone(), hook), (folder.clone(), folder)]
        {
            assert_eq!(Typed::of(Some(&there(before))).settings().unwrap().target, meant);
        }
        let new = Typed { kind: DestinationKind::Webhook, ..Typed::of(None) };
        assert!(new.settings().unwrap_err().contains("credential"));
        let folder = Typed { kind: DestinationKind::Folder, keep: "many".to_owned(), ..Typed::of(None) };
        assert!(folder.settings().unwrap_err().contains("number"));
    }
}
