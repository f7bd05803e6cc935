//! VMs: what each is, where it goes, which snapshots it has.
//! Refuses to run a VM on a host that can't.

use super::builder::{Builder, Site};
use super::compute::Room;
use super::guests::{Os, RHEL9, UBUNTU, WINDOWS_10, WINDOWS_11, WINDOWS_2019, WINDOWS_2022};
use super::purposes::{Purpose, Role};
use super::{DAY, Id, Kind, Power, Status, TODAY, Tools, Vm};

const GIB: u64 = 1 << 30;

/// A VM that has no place yet.
pub(super) struct Draft {
    role: &'static Role,
    os: &'static Os,
    cpus: u16,
    memory_gb: u32,
    pub(super) committed: u64,
    uncommitted: u64,
    pub(super) power: Power,
}

impl Draft {
    pub(super) fn memory_mb(&self) -> u64 {
        u64::from(self.memory_gb) * 1024
    }

    /// Whether it belongs to the ERP system, a part of which is in a vApp.
    pub(super) fn is_erp(&self) -> bool {
        self.role.stem == "app-erp-"
    }
}

/// VMs in a vApp at most.
const IN_VAPP: usize = 4;

/// What has been put on a host.
#[derive(Clone, Debug, Default)]
struct Load {
    vms: u64,
    /// Of those that run.
    memory_mb: u64,
}

/// Templates are called after what is in them.
static TEMPLATES: [(&str, &Os); 6] = [
    ("tpl-rhel9", &RHEL9),
    ("tpl-win2022", &WINDOWS_2022),
    ("tpl-ubuntu2404", &UBUNTU),
    ("tpl-win2019", &WINDOWS_2019),
    ("tpl-win11-vdi", &WINDOWS_11),
    ("tpl-rhel9-db", &RHEL9),
];

static TEMPLATE: Role = Role {
    stem: "tpl-",
    digits: 2,
    weight: 0,
    os: &[],
    cpus: &[2],
    memory_gb: &[4],
    disk_gb: (40, 80),
    folder: "Templates",
    running: 0,
    notes: &["Golden image, built by Packer", ""],
};

impl Builder {
    /// So many VMs of a purpose.
    pub(super) fn drafts(&mut self, purpose: &'static Purpose, count: u32) -> Vec<Draft> {
        (0..count).map(|number| self.draft(purpose, number)).collect()
    }

    fn draft(&mut self, purpose: &'static Purpose, number: u32) -> Draft {
        // The first of a cluster are of its first role: two domain controllers, one vCenter.
        let role = if number < purpose.firsts { &purpose.roles[0] } else { self.role(purpose) };
        let random = &mut self.random;
        let disk = u64::from(role.disk_gb.0 + random.below(role.disk_gb.1 - role.disk_gb.0 + 1)) * GIB;
        let used = 350 + u64::from(random.below(600));
        let committed = (disk / 1000 * used) & !0xfff;
        let power = match random.below(1000) {
            drawn if drawn < role.running => Power::On,
            drawn if drawn % 8 == 7 => Power::Suspended,
            _ => Power::Off,
        };
        Draft {
            role,
            os: random.pick(role.os),
            cpus: random.pick(role.cpus),
            memory_gb: random.pick(role.memory_gb),
            committed,
            uncommitted: disk - committed,
            power,
        }
    }

    fn role(&mut self, purpose: &'static Purpose) -> &'static Role {
        let total: u32 = purpose.roles.iter().map(|role| role.weight).sum();
        let mut drawn = self.random.below(total);
        for role in purpose.roles {
            if drawn < role.weight {
                return role;
            }
            drawn -= role.weight;
        }
        &purpose.roles[0]
    }

    /// Gives every VM of a cluster its place.
    pub(super) fn place(&mut self, site: &Site, room: &Room, drafts: Vec<Draft>) {
        let mut load = vec![Load::default(); room.hosts.len()];
        let mut in_vapp = 0;
        for draft in drafts {
            let host = pick_host(room, &load, &draft);
            load[host].vms += 1;
            if draft.power == Power::On {
                load[host].memory_mb += draft.memory_mb();
            }
            let vapp = room.vapp.filter(|_| draft.is_erp() && in_vapp < IN_VAPP);
            in_vapp += usize::from(vapp.is_some());
            self.vm(site, room, room.hosts[host], draft, vapp);
        }
    }

    fn vm(&mut self, site: &Site, room: &Room, host: usize, draft: Draft, vapp: Option<Id>) {
        let name = self.name(draft.role.stem, draft.role.digits);
        let folder = match vapp {
            Some(_) => None,
            None => Some(self.vm_folder(site, draft.role.folder)),
        };
        let pool = vapp.unwrap_or_else(|| self.random.pick(&room.pools));
        let networks = self.networks_for(room, &draft);
        let datastores = self.datastores_for(room, &draft);
        let id = self.push_vm(name, draft, (host, networks, datastores), (Some(pool), folder, vapp));
        self.pool_mut(pool).vms.push(id);
        if let Some(folder) = folder {
            self.file(folder, id);
        }
    }

    fn networks_for(&mut self, room: &Room, draft: &Draft) -> Vec<Id> {
        let first = self.random.pick(&room.networks);
        let mut networks = vec![first];
        // Machines with much memory have a leg in a second network.
        if room.networks.len() > 1 && draft.memory_gb >= 32 && self.random.per_mille(500) {
            let others: Vec<Id> = room.networks.iter().copied().filter(|network| *network != first).collect();
            networks.push(self.random.pick(&others));
        }
        networks
    }

    fn datastores_for(&mut self, room: &Room, draft: &Draft) -> Vec<Id> {
        let first = self.random.pick(&room.datastores);
        let mut datastores = vec![first];
        if room.datastores.len() > 1 && draft.committed > 500 * GIB {
            let others: Vec<Id> =
                room.datastores.iter().copied().filter(|datastore| *datastore != first).collect();
            datastores.push(self.random.pick(&others));
        }
        datastores
    }

    fn push_vm(
        &mut self,
        name: String,
        draft: Draft,
        (host, networks, datastores): (usize, Vec<Id>, Vec<Id>),
        (pool, folder, vapp): (Option<Id>, Option<Id>, Option<Id>),
    ) -> Id {
        let id = self.id(Kind::VirtualMachine, self.estate.vms.len());
        let nic = self.nics;
        let addresses = self.connect(id, &networks);
        let release = self.estate.hosts[host].release;
        let os = draft.os.on(release);
        let random = &mut self.random;
        let age = i64::from(1 + random.below(5 * 365)) * DAY + i64::from(random.below(86_400)) * 1000;
        let since_boot = i64::from(random.below(200)) * DAY + i64::from(random.below(86_400)) * 1000;
        let vm = Vm {
            id,
            name,
            os,
            host: self.estate.hosts[host].id,
            pool,
            folder,
            vapp,
            datastores,
            networks,
            addresses,
            nic,
            cpus: draft.cpus,
            cores_per_socket: if draft.cpus > 2 && random.per_mille(500) { draft.cpus / 2 } else { 1 },
            memory_mb: draft.memory_gb * 1024,
            committed: draft.committed,
            uncommitted: draft.uncommitted,
            power: draft.power,
            is_template: pool.is_none(),
            managed: None,
            tools: tools(os, random.below(1000)),
            hardware: random.pick(&[13, 15, 17, 19, 19, 20, 21]).clamp(os.hardware, release.hardware),
            created: TODAY - age,
            boot: TODAY - since_boot.min(age),
            cpu_usage_mhz: 0,
            memory_usage_mb: 0,
            status: match random.below(1000) {
                0..15 => Status::Red,
                15..55 => Status::Yellow,
                _ => Status::Green,
            },
            notes: if draft.role.notes.is_empty() {
                String::new()
            } else {
                random.pick(draft.role.notes).to_owned()
            },
            consolidation_needed: random.per_mille(8),
            snapshots: Vec::new(),
        };
        self.estate.hosts[host].vms.push(id);
        self.estate.vms.push(vm);
        let at = self.estate.vms.len() - 1;
        self.snapshots(at);
        id
    }

    /// Gives a VM its addresses and network cards.
    fn connect(&mut self, vm: Id, networks: &[Id]) -> Vec<u32> {
        self.nics += networks.len() as u32;
        let addresses = networks.iter().map(|network| {
            let network = self.network_mut(*network);
            network.vms.push(vm);
            let number = network.vms.len() as u32 - 1;
            // Gateways and switches have the first ten of each 256, and nobody the last.
            network.base + ((number / 240) << 8) + 11 + number % 240
        });
        addresses.collect()
    }

    /// Templates lie on the datastore for images, on some host of the datacenter, in no pool.
    pub(super) fn templates(&mut self, site: &Site, count: u32) {
        let here: Vec<usize> = (0..self.estate.hosts.len())
            .filter(|at| {
                let host = &self.estate.hosts[*at];
                host.datastores.contains(&site.images) && host.is_effective()
            })
            .collect();
        for number in 0..count {
            let host = self.random.pick(&here);
            let (stem, os) = TEMPLATES[number as usize % TEMPLATES.len()];
            let os = os.on(self.estate.hosts[host].release);
            let stem = if *os == WINDOWS_10 { "tpl-win10-vdi" } else { stem };
            let name = self.name(&format!("{stem}-v"), 2);
            let networks = self.estate.hosts[host].networks.first().copied().into_iter().collect();
            let disk = 60 * GIB;
            let draft = Draft {
                role: &TEMPLATE,
                os,
                cpus: 2,
                memory_gb: 4,
                committed: 18 * GIB,
                uncommitted: disk - 18 * GIB,
                power: Power::Off,
            };
            let folder = self.vm_folder(site, TEMPLATE.folder);
            let placed = (host, networks, vec![site.images]);
            let id = self.push_vm(name, draft, placed, (None, Some(folder), None));
            self.file(folder, id);
        }
    }
}

/// The host with the least memory in use, of those that can run it; what is off may also lie on one that can't.
fn pick_host(room: &Room, load: &[Load], draft: &Draft) -> usize {
    let everywhere: Vec<usize> = (0..load.len()).collect();
    let from = if draft.power == Power::On { &room.usable } else { &everywhere };
    from.iter()
        .copied()
        .min_by_key(|host| (load[*host].memory_mb + load[*host].vms * 2048, *host))
        .unwrap_or(0)
}

fn tools(os: &Os, drawn: u32) -> Tools {
    match (os.is_windows, drawn) {
        (_, 0..30) => Tools::NotInstalled,
        (true, 30..220) => Tools::Old,
        (true, _) => Tools::Current,
        (false, 30..150) => Tools::Current,
        (false, _) => Tools::Unmanaged,
    }
}
