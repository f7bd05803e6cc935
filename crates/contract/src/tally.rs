//! What lies within each container of a snapshot, counted and summed up.
//! Refuses to count what can't be used: hosts that are not connected, or in maintenance, have no capacity.

mod containers;

pub(crate) use containers::Tallies;

use crate::columns;
use crate::{Kind, Object, Value};
use std::collections::BTreeSet;

/// What lies within a datacenter, folder, cluster or host, at any depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Clusters.
    pub clusters: i64,
    /// Hosts.
    pub hosts: i64,
    /// Hosts that are connected, running and not in maintenance mode.
    pub hosts_available: i64,
    /// Hosts in maintenance mode.
    pub hosts_in_maintenance: i64,
    /// Hosts that are disconnected or don't respond.
    pub hosts_not_connected: i64,
    /// VMs, templates included.
    pub vms: i64,
    /// VMs of people that are powered on.
    pub vms_on: i64,
    /// Templates.
    pub templates: i64,
    /// VMs that vSphere runs for itself.
    pub agents: i64,
    /// Placeholders of Site Recovery Manager.
    pub placeholders: i64,
    /// Virtual CPUs of VMs that are powered on.
    pub vcpus_on: i64,
    /// Memory that is configured for VMs that are powered on, bytes.
    pub memory_on_bytes: i64,
    /// Clock that is reserved for VMs that are powered on, MHz.
    pub cpu_reserved_mhz: i64,
    /// Memory that is reserved for VMs that are powered on, bytes.
    pub memory_reserved_bytes: i64,
    /// The builds that its hosts run, each once.
    pub builds: BTreeSet<Box<str>>,
    /// Cores of the available hosts.
    pub cores: i64,
    /// Clock of the available hosts whose use is known, MHz.
    pub cpu_mhz: i64,
    /// What they use of it, MHz.
    pub cpu_used_mhz: i64,
    /// Clock of each of them, MHz, the fastest first.
    pub host_mhz: Vec<i64>,
    /// Memory of each available host whose use is known, bytes, the largest first.
    pub memory_bytes: Vec<i64>,
    /// What they use of it, bytes.
    pub memory_used_bytes: i64,
    /// Capacity of the datastores that are accessible, bytes.
    pub capacity_bytes: i64,
    /// What is free of it, bytes.
    pub free_bytes: i64,
    /// Datastores that no host can access.
    pub datastores_inaccessible: i64,
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

    /// Takes in what lies in a part of it.
    fn merge(&mut self, part: &Tally) {
        let add = |own: &mut i64, other: i64| *own = own.saturating_add(other);
        add(&mut self.clusters, part.clusters);
        add(&mut self.hosts, part.hosts);
        add(&mut self.hosts_available, part.hosts_available);
        add(&mut self.hosts_in_maintenance, part.hosts_in_maintenance);
        add(&mut self.hosts_not_connected, part.hosts_not_connected);
        add(&mut self.vms, part.vms);
        add(&mut self.vms_on, part.vms_on);
        add(&mut self.templates, part.templates);
        add(&mut self.agents, part.agents);
        add(&mut self.placeholders, part.placeholders);
        add(&mut self.vcpus_on, part.vcpus_on);
        add(&mut self.memory_on_bytes, part.memory_on_bytes);
        add(&mut self.cpu_reserved_mhz, part.cpu_reserved_mhz);
        add(&mut self.memory_reserved_bytes, part.memory_reserved_bytes);
        add(&mut self.cores, part.cores);
        add(&mut self.cpu_mhz, part.cpu_mhz);
        add(&mut self.cpu_used_mhz, part.cpu_used_mhz);
        add(&mut self.memory_used_bytes, part.memory_used_bytes);
        add(&mut self.capacity_bytes, part.capacity_bytes);
        add(&mut self.free_bytes, part.free_bytes);
        add(&mut self.datastores_inaccessible, part.datastores_inaccessible);
        self.builds.extend(part.builds.iter().cloned());
        self.host_mhz.extend(&part.host_mhz);
        self.memory_bytes.extend(&part.memory_bytes);
    }

    fn sort(&mut self) {
        self.host_mhz.sort_unstable_by(|a, b| b.cmp(a));
        self.memory_bytes.sort_unstable_by(|a, b| b.cmp(a));
    }

    fn add_host(&mut self, host: &Object) {
        self.hosts += 1;
        if let Some(build) = host.stored("product_build").as_text() {
            self.builds.insert(build.into());
        }
        match host_state(host) {
            Some("connected") => {}
            Some("maintenance") => return self.hosts_in_maintenance += 1,
            Some("disconnected" | "notResponding") => return self.hosts_not_connected += 1,
            _ => return,
        }
        self.hosts_available += 1;
        let int = |id| host.stored(id).as_int();
        self.cores = self.cores.saturating_add(int("cpu_cores").unwrap_or_default());
        if let (Some(used), Some(all)) = (int("cpu_usage_mhz"), host_mhz(host)) {
            self.cpu_used_mhz = self.cpu_used_mhz.saturating_add(used);
            self.cpu_mhz = self.cpu_mhz.saturating_add(all);
            self.host_mhz.push(all);
        }
        if let (Some(used), Some(all)) = (int("memory_usage_bytes"), int("memory_bytes")) {
            self.memory_used_bytes = self.memory_used_bytes.saturating_add(used);
            self.memory_bytes.push(all);
        }
    }

    /// Of VMs there are the most by far: their columns are found once for all of them.
    fn add_vm(&mut self, vm: &Object, columns: &OfVm) {
        let value = |slot: Option<usize>| slot.and_then(|slot| vm.values.get(slot));
        let int = |slot| value(slot).and_then(Value::as_int).unwrap_or_default();
        let is_on = value(columns.power_state).and_then(Value::as_text) == Some("poweredOn");
        self.vms += 1;
        let is_managed = value(columns.managed_by).is_some_and(|key| !key.is_null());
        if value(columns.is_template) == Some(&Value::Bool(true)) {
            self.templates += 1;
        } else if is_managed && is_agent(vm) {
            self.agents += 1;
        } else if is_managed && is_placeholder(vm) {
            self.placeholders += 1;
        } else {
            self.vms_on += i64::from(is_on);
        }
        // What runs on a host that its vCenter has lost takes no room on the others.
        if is_on && value(columns.connection).and_then(Value::as_text) != Some("disconnected") {
            self.vcpus_on = self.vcpus_on.saturating_add(int(columns.cpu_count));
            self.memory_on_bytes = self.memory_on_bytes.saturating_add(int(columns.memory));
            self.cpu_reserved_mhz = self.cpu_reserved_mhz.saturating_add(int(columns.cpu_reservation));
            self.memory_reserved_bytes =
                self.memory_reserved_bytes.saturating_add(int(columns.memory_reservation));
        }
    }

    fn add_datastore(&mut self, datastore: &Object) {
        let int = |id| datastore.stored(id).as_int();
        // Sizes hold only while some host has access.
        let is_accessible = *datastore.stored("accessible") == Value::Bool(true);
        self.datastores_inaccessible += i64::from(!is_accessible);
        if let (true, Some(capacity), Some(free)) = (is_accessible, int("capacity_bytes"), int("free_bytes"))
        {
            self.capacity_bytes = self.capacity_bytes.saturating_add(capacity.max(0));
            self.free_bytes = self.free_bytes.saturating_add(free.clamp(0, capacity.max(0)));
        }
    }
}

/// Where the columns of VMs stand that are summed up.
struct OfVm {
    power_state: Option<usize>,
    connection: Option<usize>,
    is_template: Option<usize>,
    managed_by: Option<usize>,
    cpu_count: Option<usize>,
    memory: Option<usize>,
    cpu_reservation: Option<usize>,
    memory_reservation: Option<usize>,
    host: Option<usize>,
}

impl OfVm {
    fn new() -> OfVm {
        let slot = |id| columns::of(Kind::Vms).slot(id);
        OfVm {
            power_state: slot("power_state"),
            connection: slot("connection_state"),
            is_template: slot("is_template"),
            managed_by: slot("managed_by"),
            cpu_count: slot("cpu_count"),
            memory: slot("memory_bytes"),
            cpu_reservation: slot("cpu_reservation_mhz"),
            memory_reservation: slot("memory_reservation_bytes"),
            host: slot("host_ref"),
        }
    }
}

/// How many of its hosts a cluster is to survive: nothing without HA. Without admission control HA keeps nothing free, and
/// what is set for it counts for nothing: then it is one host, which is the least that fails.
pub(crate) fn failover_hosts(cluster: &Object) -> Option<usize> {
    if *cluster.stored("ha_enabled") != Value::Bool(true) {
        return None;
    }
    if *cluster.stored("admission_control") == Value::Bool(false) {
        return Some(1);
    }
    let int = |id| cluster.stored(id).as_int().unwrap_or_default();
    let hosts = int("failover_level").max(int("dedicated_failover_hosts")).max(1);
    Some(usize::try_from(hosts).unwrap_or(usize::MAX))
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
