//! What ESXi hosts say of their machines, out of the cached inventories.
//! Refuses to contact a vCenter.

use super::matching::HostFacts;
use crate::Service;
use contract::{ApiError, Kind, Moref, Object, Snapshot, Value, VcenterId};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::VcenterRecord;

/// A host: of which vCenter, and which.
pub(super) type HostKey = (VcenterId, Moref);

/// Every known host.
pub(super) struct Hosts {
    /// Names of vCenters.
    pub(super) vcenters: BTreeMap<VcenterId, String>,
    snapshots: BTreeMap<VcenterId, Arc<Snapshot>>,
}

impl Service {
    pub(super) async fn known_hosts(&self) -> Result<Hosts, ApiError> {
        let (mut vcenters, mut snapshots) = (BTreeMap::new(), BTreeMap::new());
        for VcenterRecord { vcenter, .. } in self.records().await? {
            snapshots.insert(vcenter.id.clone(), self.inner.inventory.read(&vcenter.id).await?);
            vcenters.insert(vcenter.id, vcenter.name);
        }
        Ok(Hosts { vcenters, snapshots })
    }
}

impl Hosts {
    pub(super) fn facts(&self) -> Vec<HostFacts<HostKey>> {
        let of = |(vcenter, snapshot): (&VcenterId, &Arc<Snapshot>)| {
            let hosts = snapshot.objects(Kind::Hosts);
            hosts.iter().map(|host| facts(vcenter, host)).collect::<Vec<_>>()
        };
        self.snapshots.iter().flat_map(of).collect()
    }

    pub(super) fn host(&self, (vcenter, moref): &HostKey) -> Option<&Object> {
        self.snapshots.get(vcenter)?.get(Kind::Hosts, moref).map(|host| &**host)
    }

    pub(super) fn name(&self, key: &HostKey) -> String {
        self.host(key).map_or_else(|| key.1.to_string(), |host| text(host, "name"))
    }

    pub(super) fn vcenter(&self, id: &VcenterId) -> String {
        self.vcenters.get(id).cloned().unwrap_or_default()
    }
}

pub(super) fn text(host: &Object, column: &str) -> String {
    host.stored(column).as_text().unwrap_or_default().to_owned()
}

fn facts(vcenter: &VcenterId, host: &Object) -> HostFacts<HostKey> {
    let text = |column| text(host, column);
    let macs = match host.stored("nic_macs") {
        Value::List(all) => all.iter().filter_map(|mac| Some(mac.as_text()?.to_owned())).collect(),
        _ => Vec::new(),
    };
    // Several of one kind stand in one text.
    let several = |column| {
        let all: Vec<String> = self::text(host, column).split(',').map(|one| one.trim().to_owned()).collect();
        all.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>()
    };
    let tags = several("service_tag").into_iter().chain(several("serial_number"));
    HostFacts {
        key: (vcenter.clone(), host.moref.clone()),
        vendor: text("vendor"),
        names: vec![text("name")],
        uuid: text("uuid"),
        serial_number: text("system_serial_number"),
        service_tags: tags.collect(),
        nic_macs: macs,
        bmc_mac: text("bmc_mac_address"),
        bmc_address: text("bmc_address"),
        same_as: None,
        // Serial numbers of enclosures and asset tags are not read.
        enclosure_serial: String::new(),
        asset_tag: String::new(),
    }
}
