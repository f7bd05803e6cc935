//! How an estate of a given size is laid out: datacenters, clusters and how many VMs each has.
//! Refuses to lose a VM: the numbers add up exactly.

use super::purposes::{BRANCH, DMZ, EDGE, GENERAL, MANAGEMENT, Purpose, SQL, TEST, VDI};

/// A cluster or, for a branch office, a host of its own.
#[derive(Debug)]
pub(super) struct ClusterPlan {
    pub(super) purpose: &'static Purpose,
    /// None where it is a host of its own.
    pub(super) name: Option<String>,
    pub(super) vms: u32,
}

/// A datacenter.
#[derive(Debug)]
pub(super) struct DatacenterPlan {
    pub(super) name: String,
    pub(super) templates: u32,
    pub(super) clusters: Vec<ClusterPlan>,
}

/// Hosts in a cluster at most: vSphere could do more, people don't.
const HOSTS: u32 = 24;

/// What the first datacenter of an estate has, and the second, with the shares of the VMs.
const SMALL: &[(&Purpose, u32)] =
    &[(&GENERAL, 38), (&SQL, 9), (&VDI, 25), (&TEST, 15), (&MANAGEMENT, 7), (&DMZ, 6)];
const LARGE: &[(&Purpose, u32)] =
    &[(&GENERAL, 34), (&SQL, 9), (&VDI, 25), (&TEST, 18), (&MANAGEMENT, 5), (&DMZ, 6), (&EDGE, 3)];
const SECOND: &[(&Purpose, u32)] = &[(&GENERAL, 45), (&SQL, 10), (&VDI, 25), (&TEST, 15), (&MANAGEMENT, 5)];

/// The layout for so many VMs.
pub(super) fn datacenters(vms: u32, site: &str, code: &str) -> Vec<DatacenterPlan> {
    let shares: &[u32] = match vms {
        0..100 => &[100],
        100..1_500 => &[70, 30],
        1_500..8_000 => &[60, 28, 12],
        _ => &[48, 32, 12, 8],
    };
    let parts = split(vms, shares);
    let plans = parts.into_iter().enumerate().map(|(index, vms)| {
        let name = match shares.len() {
            1 => site.to_owned(),
            _ => format!("{site} DC{}", index + 1),
        };
        let templates = if vms < 10 { 0 } else { (vms / 100).clamp(1, 12) };
        let prefix = if index == 0 { String::new() } else { format!("{code}{}-", index + 1) };
        DatacenterPlan { name, templates, clusters: clusters(vms - templates, index, &prefix) }
    });
    plans.collect()
}

fn clusters(vms: u32, datacenter: usize, prefix: &str) -> Vec<ClusterPlan> {
    let purposes: &[(&Purpose, u32)] = match (vms, datacenter) {
        (0..30, _) => &[(&GENERAL, 1)],
        (30..100, _) => &[(&GENERAL, 70), (&MANAGEMENT, 30)],
        (100..150, _) => &[(&GENERAL, 45), (&SQL, 12), (&TEST, 28), (&MANAGEMENT, 15)],
        (150..400, 0) => SMALL,
        (_, 0) => LARGE,
        (_, 1) => SECOND,
        _ => &[(&GENERAL, 55), (&VDI, 35), (&EDGE, 10)],
    };
    // A branch office has a handful of VMs on one host.
    let branches = if vms < 150 { 0 } else { (vms / 500).clamp(1, 6) };
    let mut plans = Vec::new();
    let weights: Vec<u32> = purposes.iter().map(|(_, weight)| *weight).collect();
    let at_branches = branches * BRANCH.per_host;
    for ((purpose, _), vms) in purposes.iter().zip(split(vms - at_branches, &weights)) {
        plans.extend(of_purpose(purpose, vms, prefix));
    }
    let branch = || ClusterPlan { purpose: &BRANCH, name: None, vms: BRANCH.per_host };
    plans.extend((0..branches).map(|_| branch()));
    plans
}

/// As many clusters as it takes, so that none is larger than people build them.
fn of_purpose(purpose: &'static Purpose, vms: u32, prefix: &str) -> Vec<ClusterPlan> {
    let count = vms.div_ceil(HOSTS * purpose.per_host).max(1);
    let each = split(vms, &vec![1; count as usize]);
    let plans = each.into_iter().enumerate().map(|(index, vms)| {
        let name = match count {
            1 => format!("{prefix}{}", purpose.name),
            _ => format!("{prefix}{}-{:02}", purpose.name, index + 1),
        };
        ClusterPlan { purpose, name: Some(name), vms }
    });
    plans.collect()
}

/// Divides by weights; what doesn't divide goes to the first.
fn split(total: u32, weights: &[u32]) -> Vec<u32> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let part = |weight: &u32| (u64::from(total) * u64::from(*weight) / sum) as u32;
    let mut parts: Vec<u32> = weights.iter().map(part).collect();
    let lacking = total - parts.iter().sum::<u32>();
    parts[0] += lacking;
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_add_up_at_any_size() {
        for vms in (1..600).chain([999, 1_499, 1_500, 5_000, 7_999, 8_000, 29_999, 30_000]) {
            let plans = datacenters(vms, "Munich", "muc");
            let in_clusters: u32 = plans.iter().flat_map(|dc| &dc.clusters).map(|cluster| cluster.vms).sum();
            let templates: u32 = plans.iter().map(|dc| dc.templates).sum();
            assert_eq!(in_clusters + templates, vms);
        }
    }
}
