//! What lies within each container of a snapshot, counted and summed up.
//! Refuses to count what can't be used: hosts that are not connected, or in maintenance, have no capacity.

use crate::{Kind, Moref, Object, Snapshot, Value};
use std::collections::{BTreeSet, HashMap};

/// What lies within a datacenter, folder, cluster or host, at any depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Clusters.
    pub clusters: i64,
    /// Hosts.
    pub hosts: i64,
    /// Hosts that are connected, running and not in maintenance mode.
    pub hosts_available: i64,
    /// VMs, templates included.
    pub vms: i64,
    /// Virtual CPUs of VMs that are powered on.
    pub vcpus_on: i64,
    /// The builds that its hosts run, each once.
    pub builds: BTreeSet<Box<str>>,
    /// Cores of the available hosts.
    pub cores: i64,
    /// Clock of the available hosts whose use is known, MHz.
    pub cpu_mhz: i64,
    /// What they use of it, MHz.
    pub cpu_used_mhz: i64,
    /// Memory of each available host whose use is known, bytes, the largest first.
    pub memory_bytes: Vec<i64>,
    /// What they use of it, bytes.
    pub memory_used_bytes: i64,
    /// Capacity of the datastores that are accessible, bytes.
    pub capacity_bytes: i64,
    /// What is free of it, bytes.
    pub free_bytes: i64,
}

/// What is in use where nothing is left to use, in thousandths of a percent: far above every threshold.
const NO_ROOM: i64 = 1_000_000;

impl Tally {
    /// Share of the CPU of the available hosts that is in use.
    pub fn cpu_percent(&self) -> Value {
        Value::percent(self.cpu_used_mhz, self.cpu_mhz)
    }

    /// The same of memory, as if so many of the hosts with the most memory had failed.
    pub fn memory_percent(&self, failed: usize) -> Value {
        let left = self.memory_bytes.iter().skip(failed).fold(0_i64, |sum, one| sum.saturating_add(*one));
        match left {
            // None of them would be left: whatever runs has no room.
            0 if failed > 0 && self.memory_used_bytes > 0 => Value::Decimal(NO_ROOM),
            left => Value::percent(self.memory_used_bytes, left),
        }
    }

    fn add_host(&mut self, host: &Object) {
        self.hosts += 1;
        if let Some(build) = host.stored("product_build").as_text() {
            self.builds.insert(build.into());
        }
        if host_state(host) != Some("connected") {
            return;
        }
        self.hosts_available += 1;
        let int = |id| host.stored(id).as_int();
        self.cores = self.cores.saturating_add(int("cpu_cores").unwrap_or_default());
        if let (Some(used), Some(all)) = (int("cpu_usage_mhz"), host_mhz(host)) {
            self.cpu_used_mhz = self.cpu_used_mhz.saturating_add(used);
            self.cpu_mhz = self.cpu_mhz.saturating_add(all);
        }
        if let (Some(used), Some(all)) = (int("memory_usage_bytes"), int("memory_bytes")) {
            self.memory_used_bytes = self.memory_used_bytes.saturating_add(used);
            self.memory_bytes.push(all);
        }
    }

    fn add_vm(&mut self, vm: &Object) {
        self.vms += 1;
        if vm.stored("power_state").as_text() == Some("poweredOn") {
            let own = vm.stored("cpu_count").as_int().unwrap_or_default();
            self.vcpus_on = self.vcpus_on.saturating_add(own);
        }
    }

    fn add_datastore(&mut self, datastore: &Object) {
        let int = |id| datastore.stored(id).as_int();
        // Sizes hold only while some host has access.
        let is_accessible = *datastore.stored("accessible") == Value::Bool(true);
        if let (true, Some(capacity), Some(free)) = (is_accessible, int("capacity_bytes"), int("free_bytes"))
        {
            self.capacity_bytes = self.capacity_bytes.saturating_add(capacity);
            self.free_bytes = self.free_bytes.saturating_add(free);
        }
    }
}

/// A host's connection, maintenance and standby in one of vSphere's words; `None` where it isn't known.
pub(crate) fn host_state(host: &Object) -> Option<&str> {
    let connection = host.stored("connection_state").as_text()?;
    if connection != "connected" {
        return Some(connection);
    }
    match host.stored("power_state").as_text() {
        Some("standBy") => return Some("standby"),
        Some("poweredOff") => return Some("poweredOff"),
        _ => {}
    }
    let in_maintenance = *host.stored("in_maintenance") == Value::Bool(true);
    Some(if in_maintenance { "maintenance" } else { "connected" })
}

/// Whether vSphere runs a VM for itself: the agents of an extension, vSphere Cluster Services first of all. They are
/// made, moved and deleted by nobody else. Source: Broadcom KB 370219.
pub(crate) fn is_agent(vm: &Object) -> bool {
    let text = |id| vm.stored(id).as_text();
    matches!(
        (text("managed_by"), text("managed_type")),
        (Some("com.vmware.vim.eam"), Some("cluster-agent")) | (Some("VirtualCenter"), Some("vcls-entity"))
    )
}

/// Whether it keeps the place of a VM that Site Recovery Manager would bring up here: it has no disks, and can't be
/// powered on. A second Site Recovery Manager of a vCenter has a key of its own that begins alike.
pub(crate) fn is_placeholder(vm: &Object) -> bool {
    let text = |id| vm.stored(id).as_text();
    text("managed_by").is_some_and(|key| key.starts_with("com.vmware.vcDr"))
        && text("managed_type") == Some("placeholderVm")
}

impl Object {
    /// Whether it is a VM that somebody runs: no template, none that vSphere runs for itself, and none that only keeps a place.
    pub fn is_workload(&self) -> bool {
        *self.stored("is_template") != Value::Bool(true) && !is_agent(self) && !is_placeholder(self)
    }
}

/// The clock of all cores of a host, MHz.
pub(crate) fn host_mhz(host: &Object) -> Option<i64> {
    let int = |id| host.stored(id).as_int();
    int("cpu_cores")?.checked_mul(int("cpu_mhz_per_core")?)
}

/// The tallies of all containers of a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    by_container: HashMap<(Kind, Moref), Tally>,
    nothing: Tally,
}

impl Tallies {
    pub(crate) fn of(snapshot: &Snapshot) -> Tallies {
        let mut tallies = Tallies::default();
        for kind in [Kind::Clusters, Kind::Hosts, Kind::Vms, Kind::Datastores] {
            for object in snapshot.objects(kind) {
                tallies.count(snapshot, object);
            }
        }
        for tally in tallies.by_container.values_mut() {
            tally.memory_bytes.sort_unstable_by(|a, b| b.cmp(a));
        }
        tallies
    }

    pub(crate) fn within(&self, container: &Object) -> &Tally {
        self.by_container.get(&(container.kind, container.moref.clone())).unwrap_or(&self.nothing)
    }

    fn count(&mut self, snapshot: &Snapshot, object: &Object) {
        let mut add = |container: &Object| {
            let tally = self.by_container.entry((container.kind, container.moref.clone())).or_default();
            match object.kind {
                Kind::Clusters => tally.clusters += 1,
                Kind::Hosts => tally.add_host(object),
                Kind::Vms => tally.add_vm(object),
                _ => tally.add_datastore(object),
            }
        };
        for container in snapshot.containers(object) {
            add(container);
        }
        if object.kind == Kind::Vms {
            // A VM lies in folders, and runs in a cluster.
            let host = object.stored("host_ref").refs().next().and_then(|host| snapshot.follow(host));
            let cluster = host.and_then(|host| snapshot.follow(host.parent()?));
            if let Some(cluster) = cluster.filter(|cluster| cluster.kind == Kind::Clusters) {
                add(cluster);
            }
        }
    }
}
