//! Which entries are hosts that were added directly although a vCenter that is configured too manages them.
//! Refuses to believe in UUIDs alone: several machines may have the same.

use super::HostTwice;
use super::capacity::name;
use crate::{Kind, Object, Snapshot, Value, Vcenter};
use std::collections::BTreeSet;
use std::sync::Arc;

/// For each vCenter that is such a host, by position: what is to be said of it.
pub(super) fn find(inventories: &[(Vcenter, Arc<Snapshot>)]) -> Vec<Option<HostTwice>> {
    let of = |(vcenter, snapshot): &(Vcenter, Arc<Snapshot>)| {
        let own = direct(vcenter, snapshot)?;
        // One that no vCenter manages is where it was added, and nowhere else.
        own.stored("managed_by_server").as_text()?;
        let uuid = own.stored("uuid").as_text()?.to_lowercase();
        let others = inventories.iter().filter(|(other, _)| other.id != vcenter.id);
        others.into_iter().find_map(|(other, around)| {
            if direct(other, around).is_some() {
                return None;
            }
            let morefs = around.standing().by_uuid.get(&*uuid)?;
            let hosts = morefs.iter().filter_map(|moref| around.get(Kind::Hosts, moref));
            let same = hosts.into_iter().find(|host| is_same(own, host))?;
            Some(HostTwice {
                name: name(same),
                vcenter: vcenter.name.clone(),
                counted_with: other.name.clone(),
            })
        })
    };
    inventories.iter().map(of).collect()
}

/// The host that an entry is, where it is no vCenter: then it is known by its hardware.
fn direct<'a>(vcenter: &Vcenter, snapshot: &'a Snapshot) -> Option<&'a Arc<Object>> {
    let [host] = snapshot.objects(Kind::Hosts) else { return None };
    let (own, of_host) = (vcenter.instance_uuid.as_deref()?, host.stored("uuid").as_text()?);
    own.eq_ignore_ascii_case(of_host).then_some(host)
}

/// Whether two hosts of one UUID are one: they have a network card in common, or are managed by the same server where
/// the cards of one of them are not known.
fn is_same(one: &Object, other: &Object) -> bool {
    let cards = |host: &Object| -> BTreeSet<String> {
        let Value::List(macs) = host.stored("nic_macs") else { return BTreeSet::new() };
        macs.iter().filter_map(|mac| Some(mac.as_text()?.to_lowercase())).collect()
    };
    let (own, others) = (cards(one), cards(other));
    if own.is_empty() || others.is_empty() {
        let server = |host: &Object| host.stored("managed_by_server").clone();
        return !server(one).is_null() && server(one) == server(other);
    }
    !own.is_disjoint(&others)
}
