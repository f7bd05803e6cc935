//! How full something is, in a number, in words and as the length of a bar.
//! Refuses to leave anything to the bar or to its colour: whatever they show is said beside them.

use contract::words::{bytes, mhz};
use contract::{Capacity, Census, Storage};

/// What is used of a capacity, and what remains of it while failover hosts are down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gauge {
    /// What is used of all of it, in whole percent; `None` where there is nothing to use.
    pub(crate) percent: Option<i64>,
    /// What is used, and of how much.
    pub(crate) amount: String,
    /// Where on the bar the capacity ends that remains after a failover, in percent.
    pub(crate) mark: Option<i64>,
    /// What remains, in words.
    pub(crate) remains: Option<String>,
    /// More is used than would remain.
    pub(crate) is_over: bool,
}

/// So much of a whole, in percent, rounded to the nearest.
fn percent(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| {
        let (part, whole) = (i128::from(part), i128::from(whole));
        i64::try_from((part * 200 + whole) / (whole * 2)).unwrap_or(i64::MAX)
    })
}

fn gauge(used: i64, total: i64, after: Option<i64>, words: fn(i64) -> String) -> Gauge {
    Gauge {
        percent: percent(used, total),
        amount: format!("{} of {}", words(used), words(total)),
        mark: after.and_then(|after| percent(after, total)).filter(|_| total > 0),
        remains: after.filter(|_| total > 0).map(|after| format!("{} after failover", words(after))),
        is_over: after.is_some_and(|after| total > 0 && used > after),
    }
}

/// CPU.
pub(crate) fn cpu(capacity: &Capacity) -> Gauge {
    let cpu = &capacity.cpu;
    gauge(cpu.used_mhz, cpu.total_mhz, cpu.after_failover_mhz, mhz)
}

/// Memory.
pub(crate) fn memory(capacity: &Capacity) -> Gauge {
    let memory = &capacity.memory;
    gauge(memory.used_bytes, memory.total_bytes, memory.after_failover_bytes, bytes)
}

/// Storage.
pub(crate) fn storage(storage: &Storage) -> Gauge {
    gauge(storage.used_bytes(), storage.capacity_bytes, None, bytes)
}

/// vCPUs for each core, with one decimal; `None` without a core.
pub(crate) fn per_core(capacity: &Capacity) -> Option<String> {
    let (vcpus, cores) = (capacity.cpu.vcpus, capacity.cpu.cores);
    (cores > 0).then(|| {
        let tenths = (vcpus.saturating_mul(20) + cores) / (cores * 2);
        format!("{}.{}", tenths / 10, tenths % 10)
    })
}

/// What is configured and reserved of memory and CPU, and provisioned of storage.
pub(crate) fn allocated(capacity: &Capacity) -> [Option<String>; 3] {
    let of = |part: i64, whole: i64, what: &str| Some(format!("{} % {what}", percent(part, whole)?));
    let (cpu, memory) = (&capacity.cpu, &capacity.memory);
    let reserved = |part: i64, whole: i64| of(part, whole, "reserved").filter(|_| part > 0);
    let join = |parts: [Option<String>; 2]| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    [
        reserved(cpu.reserved_mhz, cpu.total_mhz),
        join([
            of(memory.configured_bytes, memory.total_bytes, "configured"),
            reserved(memory.reserved_bytes, memory.total_bytes),
        ]),
        of(capacity.storage.provisioned_bytes, capacity.storage.capacity_bytes, "provisioned"),
    ]
}

/// `7 of 8 hosts`, and `12 hosts` where all are available.
pub(crate) fn hosts(counts: &Census) -> String {
    let plural = if counts.hosts == 1 { "host" } else { "hosts" };
    match counts.hosts_available == counts.hosts {
        true => format!("{} {plural}", counts.hosts),
        false => format!("{} of {} {plural} available", counts.hosts_available, counts.hosts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Cpu, Memory};

    const GIB: i64 = 1 << 30;

    #[test]
    fn a_gauge_says_in_words_what_its_bar_shows() {
        let memory_of = |used: i64, after: Option<i64>| {
            memory(&Capacity {
                memory: Memory {
                    total_bytes: 200 * GIB,
                    used_bytes: used * GIB,
                    after_failover_bytes: after.map(|after| after * GIB),
                    ..Memory::default()
                },
                ..Capacity::default()
            })
        };
        let half = memory_of(99, Some(150));
        assert_eq!((half.percent, half.mark, half.is_over), (Some(50), Some(75), false));
        assert_eq!(
            (&*half.amount, half.remains.as_deref()),
            ("99 GiB of 200 GiB", Some("150 GiB after failover"))
        );
        assert!(memory_of(151, Some(150)).is_over);
        assert_eq!(
            (memory_of(151, None).mark, memory_of(151, None).is_over),
            (None, false),
            "no HA, no failover"
        );
        let nothing = memory(&Capacity::default());
        assert_eq!((nothing.percent, nothing.mark, nothing.remains), (None, None, None));
    }

    #[test]
    fn what_is_promised_is_told_beside_what_is_used() {
        let capacity = Capacity {
            cpu: Cpu { total_mhz: 1000, cores: 3, vcpus: 7, reserved_mhz: 0, ..Cpu::default() },
            memory: Memory {
                total_bytes: 100,
                configured_bytes: 130,
                reserved_bytes: 5,
                ..Memory::default()
            },
            storage: Storage { capacity_bytes: 100, free_bytes: 40, provisioned_bytes: 250 },
            ..Capacity::default()
        };
        assert_eq!(per_core(&capacity).as_deref(), Some("2.3"));
        assert_eq!(per_core(&Capacity::default()), None);
        let words = |text: &str| Some(text.to_owned());
        assert_eq!(
            allocated(&capacity),
            [None, words("130 % configured, 5 % reserved"), words("250 % provisioned")]
        );
        assert_eq!(storage(&capacity.storage).percent, Some(60));
    }

    #[test]
    fn hosts_that_are_not_available_are_told_where_there_are_any() {
        let of = |hosts_available, hosts| hosts_of(Census { hosts_available, hosts, ..Census::default() });
        assert_eq!([of(8, 8), of(7, 8), of(1, 1)], ["8 hosts", "7 of 8 hosts available", "1 host"]);
    }

    fn hosts_of(counts: Census) -> String {
        hosts(&counts)
    }
}
