//! Snapshots of VMs: few have any, and some of those are older than they should be.
//! Refuses a snapshot from before its VM or from the future.

use super::builder::Builder;
use super::{DAY, Kind, Power, Snapshot, TODAY};

impl Builder {
    /// Perhaps gives snapshots to the VM at this place of the list.
    pub(super) fn snapshots(&mut self, at: usize) {
        let vm = &self.estate.vms[at];
        if vm.is_template || !self.random.per_mille(60) {
            return;
        }
        let (index, created, power) = (self.estate.vms.len() - 1, vm.created, vm.power);
        let depth = 1 + self.random.below(4);
        let days = [2, 9, 40, 200, 700][self.random.below(5) as usize];
        let mut taken = (TODAY - i64::from(days) * DAY - i64::from(self.random.below(86_400)) * 1000)
            .max(created + DAY / 24);
        for number in 0..depth {
            let id = self.id(Kind::VirtualMachineSnapshot, index);
            let (name, description) = self.random.pick(&SNAPSHOTS);
            // One in five hangs beside the one before it, and not below.
            let parent = match number {
                0 => None,
                1 => Some(0),
                _ => Some((number - if self.random.per_mille(200) { 2 } else { 1 }) as usize),
            };
            self.estate.vms[at].snapshots.push(Snapshot {
                id,
                name: if number == 0 { name.into() } else { format!("{name} ({})", number + 1) },
                description,
                created: taken,
                parent,
                state: if self.random.per_mille(100) { Power::Off } else { power },
                quiesced: self.random.per_mille(150),
            });
            // Each is later than the one before, and none is in the future.
            taken += (TODAY - taken) * i64::from(1 + self.random.below(500)) / 1000;
        }
    }
}

const SNAPSHOTS: [(&str, &str); 7] = [
    ("before patching", "Monthly patches"),
    (
        "VEEAM BACKUP TEMPORARY SNAPSHOT",
        "Please do not delete this snapshot. It is being used by Veeam Backup.",
    ),
    ("pre-upgrade", "before upgrade to 12.1 & schema change"),
    ("clean install", ""),
    ("before change CHG0042317", "CHG0042317: firewall rules <dmz>"),
    ("test", ""),
    ("50% done", "half-way through the migration"),
];
