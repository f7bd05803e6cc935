//! What is said of a vCenter's certificate, and of what its account may read.
//! Refuses to speak of what is as it should be, and to claim that anything is complete.

use super::{counted, duration, grouped, until};
use crate::{HeldRole, Permissions, Time, Vcenter};

/// From so long before on the end of a certificate is told.
const SOON_MS: i64 = 30 * DAY_MS;

const DAY_MS: i64 = 86_400_000;

/// What is to be said of a vCenter's certificate: `certificate expires in 12 days; …`. Nothing while it is valid for longer.
pub fn certificate(vcenter: &Vcenter, now: Time) -> Option<String> {
    let left = vcenter.certificate_expires_at?.0.saturating_sub(now.0);
    let is_pinned = vcenter.trust == "pin";
    match left {
        SOON_MS.. if left > SOON_MS => None,
        0.. => {
            let when = expires_in(left);
            let then = match is_pinned {
                true => "it is pinned: the new one has to be approved",
                false => "connections fail from then on",
            };
            Some(format!("certificate expires in {when}; {then}"))
        }
        _ => {
            let ago = duration(left.saturating_neg() / 1000);
            let now = match is_pinned {
                true => "it is pinned, so that connections work all the same",
                false => "connections fail until it is renewed",
            };
            Some(format!("certificate expired {ago} ago; {now}"))
        }
    }
}

fn expires_in(left: i64) -> String {
    match left {
        ..DAY_MS => until(Time(left), Time(0)),
        _ => counted(usize::try_from((left + DAY_MS / 2) / DAY_MS).unwrap_or(usize::MAX), "day", "days"),
    }
}

/// Which roles an account has on what it sees: `Read-only on 12 of 14 containers, No access on 2 (Lab, Vault)`.
pub fn roles(permissions: &Permissions) -> String {
    let all = permissions.containers();
    let mut told: Vec<String> = Vec::new();
    for role in &permissions.roles {
        let on = match (told.is_empty(), role.containers) {
            (_, 1) if all == 1 => "the only container".to_owned(),
            (_, on) if on == all => format!("all {} containers", number(all)),
            (true, on) => format!("{} of {} containers", number(on), number(all)),
            (false, on) => number(on),
        };
        told.push(format!("{} on {on}{}", role.role, named(role)));
    }
    if told.is_empty() {
        return "not told by the server".to_owned();
    }
    if permissions.untold > 0 {
        told.push(format!("not told on {}", number(permissions.untold)));
    }
    told.join(", ")
}

fn number(of: u32) -> String {
    grouped(i64::from(of))
}

/// The containers that a role doesn't read, by name.
fn named(role: &HeldRole) -> String {
    if role.named.is_empty() {
        return String::new();
    }
    let more = role.containers.saturating_sub(u32::try_from(role.named.len()).unwrap_or(u32::MAX));
    let more = if more == 0 { String::new() } else { format!(" and {} more", number(more)) };
    format!(" ({}{more})", role.named.join(", "))
}

/// What of the containers that came an account may not read, a sentence each.
pub fn unread_containers(permissions: &Permissions) -> Vec<String> {
    let all = number(permissions.containers());
    let sentence = |role: &HeldRole| {
        let on = number(role.containers);
        format!("permissions: {}, without System.Read, on {on} of {all} containers{}", role.role, named(role))
    };
    permissions.blind().map(sentence).collect()
}

/// What totals are of, where something is known to be missing, or nobody can say that nothing is.
pub const OF_WHAT_IT_SEES: &str = "Totals are of what this account sees";

#[cfg(test)]
mod tests {
    use super::*;

    fn vcenter(trust: &str, days: i64) -> Vcenter {
        let json = serde_json::json!({
            "id": "v", "name": "Berlin", "host": "vc.example.org", "port": 443, "credential": "c", "credential_id": "c",
            "user": "u", "trust": trust, "tags": [], "ttl_seconds": 300, "note": "", "edition": 1,
            "certificate_expires_at": Time(days * DAY_MS),
        });
        serde_json::from_value(json).expect("a vCenter")
    }

    #[test]
    fn a_certificate_is_told_of_from_thirty_days_before_its_end() {
        let said = |trust, days| certificate(&vcenter(trust, days), Time(0));
        assert_eq!(said("system", 31), None);
        let soon = |days: &str| Some(format!("certificate expires in {days}; connections fail from then on"));
        assert_eq!(said("system", 30), soon("30 days"));
        assert_eq!(said("ca", 12), soon("12 days"));
        assert_eq!(
            said("pin", 12).as_deref(),
            Some("certificate expires in 12 days; it is pinned: the new one has to be approved")
        );
        assert_eq!(
            said("pin", -3).as_deref(),
            Some("certificate expired 3 days ago; it is pinned, so that connections work all the same")
        );
        assert_eq!(
            said("ca", -1).as_deref(),
            Some("certificate expired 1 day ago; connections fail until it is renewed")
        );
        let in_hours = Vcenter { certificate_expires_at: Some(Time(5 * 3_600_000)), ..vcenter("ca", 0) };
        assert_eq!(certificate(&in_hours, Time(0)), soon("5 h"));
        let unknown = Vcenter { certificate_expires_at: None, ..vcenter("ca", 0) };
        assert_eq!(certificate(&unknown, Time(0)), None);
    }

    fn role(role: &str, reads: bool, containers: u32, named: &[&str]) -> HeldRole {
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        HeldRole { role: role.to_owned(), reads, containers, named }
    }

    #[test]
    fn roles_are_counted_and_those_that_read_nothing_named() {
        let read_only = Permissions { root: Some("Read-only".into()), ..Permissions::default() };
        let all = Permissions { roles: vec![role("Read-only", true, 14, &[])], ..read_only.clone() };
        assert_eq!((roles(&all), all.reads_all()), ("Read-only on all 14 containers".to_owned(), true));
        let some = Permissions {
            roles: vec![role("Read-only", true, 12, &[]), role("No access", false, 2, &["Lab"])],
            ..read_only.clone()
        };
        assert_eq!(roles(&some), "Read-only on 12 of 14 containers, No access on 2 (Lab and 1 more)");
        assert!(some.lacks() && !some.reads_all());
        assert_eq!(
            unread_containers(&some),
            ["permissions: No access, without System.Read, on 2 of 14 containers (Lab and 1 more)"]
        );
        let untold = Permissions { untold: 3, ..Permissions::default() };
        assert_eq!((roles(&untold), untold.reads_all()), ("not told by the server".to_owned(), false));
        assert!(!untold.lacks());
    }
}
