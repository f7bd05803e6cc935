//! The BMCs of an estate: of its hosts, of servers that run no ESXi, and of such that can't be told apart.
//! Refuses chance: the same estate and options give the same BMCs, but for a random password.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bmcs::BmcPlan;
use super::{BmcBehavior, BmcContent, BmcMachine, BmcVendor};
use crate::estate::identity::{self, Identity};
use crate::estate::random::{self, Random};
use crate::estate::{Connection, Estate, Host, MEMORY_GB, MODELS, Model, ODD_MODELS};
use crate::kept;
use crate::simulator::Simulator;

/// The address of the first host's BMC, which `config.ipmi` counts from. From there on each network of 256 has 250.
pub const FIRST_BMC: Ipv4Addr = identity::FIRST_BMC;

/// Which BMCs an estate has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BmcOptions {
    /// The address of the first host's BMC; those of the others follow, and those of dark servers come after. Another one
    /// than [`FIRST_BMC`] leaves the addresses in `config.ipmi` behind.
    pub first: Ipv4Addr,
    /// TCP port on all addresses; 0 for one that is free.
    pub port: u16,
    /// So many of the first hosts have a BMC at most.
    pub hosts: usize,
    /// How many of a thousand hosts have none.
    pub without: u32,
    /// Servers that run no ESXi.
    pub dark: u32,
    /// Servers beside those that show UUID and serial number of a host's, as after a board was exchanged or copied.
    pub clones: u32,
    /// Servers beside those whose maker left UUID and serial number blank.
    pub blank: u32,
    /// So many of the first BMCs show one certificate.
    pub shared_key: usize,
    /// The only user of each.
    pub user: String,
    /// The password of each; none for a random one, the same for all.
    pub password: Option<String>,
    /// How they behave; none for the habits of their vendors.
    pub behavior: Option<BmcBehavior>,
}

impl Default for BmcOptions {
    fn default() -> BmcOptions {
        BmcOptions {
            first: FIRST_BMC,
            port: 0,
            hosts: usize::MAX,
            without: 0,
            dark: 0,
            clones: 0,
            blank: 0,
            shared_key: 0,
            user: "inventory".into(),
            password: None,
            behavior: None,
        }
    }
}

/// What is to be started for a simulator.
pub(super) fn plans(simulator: &Simulator, options: &BmcOptions) -> Vec<BmcPlan> {
    simulator.estate().map(|estate| of_estate(estate, options)).unwrap_or_default()
}

fn of_estate(estate: &Estate, options: &BmcOptions) -> Vec<BmcPlan> {
    let mut machines = of_hosts(estate, options);
    let hosts: Vec<Arc<BmcMachine>> = machines.iter().map(|(machine, ..)| machine.clone()).collect();
    let all = options.dark.saturating_add(options.clones).saturating_add(options.blank);
    for number in 0..all {
        let (identity, mut machine) = dark(estate, number, options.first);
        if number >= options.dark.saturating_add(options.clones) {
            machine.serial = identity::JUNK_SERIAL.into();
            machine.uuid = identity::JUNK_UUID.into();
        } else if let Some(host) = number.checked_sub(options.dark).and_then(|at| hosts.get(at as usize)) {
            machine = clone(machine, host);
        }
        machines.push((Arc::new(machine), identity.bmc_address(options.first), None));
    }
    let password = options.password.clone().unwrap_or_else(kept::random_password);
    let plan = |(at, (machine, address, host)): (usize, (Arc<BmcMachine>, Ipv4Addr, Option<String>))| {
        let usual = BmcPlan::new(BmcContent::Made(machine));
        BmcPlan {
            address,
            port: options.port,
            user: options.user.clone(),
            password: password.clone(),
            behavior: options.behavior.clone().unwrap_or(usual.behavior),
            shared_key: (at < options.shared_key).then(|| "one for all".to_owned()),
            host,
            ..usual
        }
    };
    machines.into_iter().enumerate().map(plan).collect()
}

type Placed = (Arc<BmcMachine>, Ipv4Addr, Option<String>);

fn of_hosts(estate: &Estate, options: &BmcOptions) -> Vec<Placed> {
    let has_one = |host: &&Host| {
        let drawn = random::mix(estate.seed, 36 << 40 | u64::from(host.ordinal)) % 1000;
        drawn >= u64::from(options.without)
    };
    let hosts = estate.hosts.iter().filter(has_one).take(options.hosts);
    let placed = hosts.map(|host| {
        let identity = Identity::of(estate, host);
        let mut machine = machine(identity, options.first);
        machine.memory_gib = host.memory_gb;
        machine.is_on = host.connection != Connection::NotResponding;
        (Arc::new(machine), identity.bmc_address(options.first), Some(estate.moref(host.id)))
    });
    placed.collect()
}

/// A server that runs no ESXi, of any model that there is.
fn dark(estate: &Estate, number: u32, first: Ipv4Addr) -> (Identity, BmcMachine) {
    let mut random = Random::new(estate.seed, 39 << 40 | u64::from(number));
    let at = random.below((MODELS.len() + ODD_MODELS.len()) as u32) as usize;
    let model: &'static Model = MODELS.iter().chain(&ODD_MODELS).nth(at).unwrap_or(&MODELS[0]);
    let identity = Identity::dark(estate, number, model);
    let mut machine = machine(identity, first);
    machine.memory_gib = random.pick(&MEMORY_GB);
    machine.is_on = random.per_mille(700);
    (identity, machine)
}

/// A server of another's model, number and UUID, with cards of its own.
fn clone(own: BmcMachine, of: &BmcMachine) -> BmcMachine {
    BmcMachine {
        nics: own.nics,
        bmc_mac: own.bmc_mac,
        bmc_address: own.bmc_address,
        board: own.board,
        ..of.clone()
    }
}

/// A server as its BMC shows it.
fn machine(identity: Identity, first: Ipv4Addr) -> BmcMachine {
    let model = identity.model;
    let vendor = vendor(model);
    let uuid = identity.uuid();
    // The older half of them.
    let is_raw = vendor == BmcVendor::Supermicro && identity.ordinal() % 2 == 1;
    BmcMachine {
        vendor,
        model: model.name.into(),
        serial: identity.serial(),
        product: model.product.into(),
        board: identity.board(),
        enclosure: identity.enclosure().unwrap_or_default(),
        uuid: if is_raw { raw(&uuid) } else { uuid },
        nics: (0..4).map(|card| identity.mac(card)).collect(),
        in_adapters: vendor == BmcVendor::Lenovo && identity.ordinal().is_multiple_of(3),
        bmc_mac: identity.bmc_mac(),
        bmc_address: identity.bmc_address(first).to_string(),
        firmware: firmware(model, vendor).into(),
        bios: model.bios.into(),
        cpu: model.cpu.into(),
        sockets: model.sockets,
        memory_gib: 0,
        is_on: true,
    }
}

fn vendor(model: &Model) -> BmcVendor {
    if model.is_dell() {
        BmcVendor::Dell
    } else if model.is_hpe() {
        BmcVendor::Hpe
    } else if model.is_supermicro() {
        BmcVendor::Supermicro
    } else if model.is_cisco() {
        BmcVendor::Cisco
    } else {
        BmcVendor::Lenovo
    }
}

fn firmware(model: &Model, vendor: BmcVendor) -> &'static str {
    match vendor {
        BmcVendor::Dell => "7.10.30.00",
        BmcVendor::Hpe if model.name.ends_with("Gen11") => "iLO 6 v1.66",
        BmcVendor::Hpe => "iLO 5 v2.72",
        BmcVendor::Lenovo => "TEI3E0Q 4.60",
        BmcVendor::Supermicro => "01.13.04",
        BmcVendor::Cisco => "4.3(2.240009)",
    }
}

/// The bytes as SMBIOS keeps them, written one after the other.
fn raw(uuid: &str) -> String {
    let swapped = uuid::Uuid::parse_str(uuid).map(|uuid| uuid::Uuid::from_bytes(uuid.to_bytes_le()));
    swapped.map(|uuid| uuid.hyphenated().to_string()).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::options::{Hardware, Options};

    fn estate(hardware: Hardware) -> Estate {
        Estate::build(&Options { hardware, ..Options::new(1_000, 7) })
    }

    fn made(plan: &BmcPlan) -> &BmcMachine {
        match &plan.content {
            BmcContent::Made(machine) => machine,
            BmcContent::Recorded(_) => panic!("a recording"),
        }
    }

    /// One of each vendor.
    pub(in crate::bmc) fn machines() -> Vec<BmcMachine> {
        let plans = of_estate(&estate(Hardware::Odd), &BmcOptions { dark: 60, ..BmcOptions::default() });
        let one = |vendor| plans.iter().map(made).find(|machine| machine.vendor == vendor).unwrap().clone();
        BmcVendor::ALL.into_iter().map(one).collect()
    }

    #[test]
    fn every_host_has_a_bmc_that_knows_it_and_dark_servers_are_like_no_host() {
        let estate = estate(Hardware::Clean);
        let options = BmcOptions { dark: 40, ..BmcOptions::default() };
        let plans = of_estate(&estate, &options);
        assert_eq!(plans.len(), estate.hosts.len() + 40);
        for (host, plan) in estate.hosts.iter().zip(&plans) {
            let (identity, machine) = (Identity::of(&estate, host), made(plan));
            assert_eq!(plan.host, Some(estate.moref(host.id)));
            assert_eq!((&machine.serial, &machine.uuid), (&identity.shown_serial(), &identity.uuid()));
            assert_eq!(machine.nics, (0..4).map(|card| identity.mac(card)).collect::<Vec<_>>());
        }
        let mut known = BTreeSet::new();
        for plan in &plans {
            let machine = made(plan);
            for value in [&machine.serial, &machine.uuid, &machine.board, &machine.bmc_mac]
                .into_iter()
                .chain(&machine.nics)
            {
                assert!(known.insert(value.clone()), "{value} is there twice");
            }
            assert!(known.insert(plan.address.to_string()), "{} is there twice", plan.address);
        }
        let again = of_estate(&estate, &options);
        assert!(plans.iter().map(made).eq(again.iter().map(made)));
    }

    #[test]
    fn odd_hardware_has_blades_blanks_and_both_orders_of_a_uuid() {
        let estate = estate(Hardware::Odd);
        let plans = of_estate(&estate, &BmcOptions::default());
        let (mut blades, mut blanks, mut swapped) = (0, 0, 0);
        for (host, plan) in estate.hosts.iter().zip(&plans) {
            let (identity, machine) = (Identity::of(&estate, host), made(plan));
            blades += usize::from(machine.serial != identity.shown_serial());
            blanks += usize::from(machine.serial == identity::JUNK_SERIAL);
            swapped += usize::from(machine.uuid != identity.uuid());
            assert_eq!(machine.enclosure.is_empty(), machine.serial == identity.shown_serial());
        }
        let vendors: BTreeSet<BmcVendor> = plans.iter().map(|plan| made(plan).vendor).collect();
        assert!(vendors.len() >= 4, "{vendors:?}");
        assert!(blades > 1 && blanks > 1 && swapped > 1, "{blades} {blanks} {swapped}");
    }

    #[test]
    fn clones_and_blanks_are_as_many_as_were_asked_for() {
        let estate = estate(Hardware::Clean);
        let options =
            BmcOptions { hosts: 5, dark: 2, clones: 3, blank: 4, shared_key: 6, ..BmcOptions::default() };
        let plans = of_estate(&estate, &options);
        assert_eq!(plans.len(), 14);
        for at in 0..3 {
            let (of, clone) = (made(&plans[at]), made(&plans[7 + at]));
            assert_eq!((&of.uuid, &of.serial, &of.model), (&clone.uuid, &clone.serial, &clone.model));
            assert!(of.nics.iter().all(|mac| !clone.nics.contains(mac)));
            assert_eq!(plans[7 + at].host, None);
        }
        assert!(plans[10..].iter().all(|plan| made(plan).uuid == identity::JUNK_UUID));
        assert_eq!(plans.iter().filter(|plan| plan.shared_key.is_some()).count(), 6);
        let few = of_estate(&estate, &BmcOptions { without: 500, ..BmcOptions::default() }).len();
        assert!(few < estate.hosts.len() && few > 0);
    }
}
