//! What `musterctl` understands; clap makes help, completion and man pages of it.
//! Refuses passwords: no argument and no variable takes one but that of a simulated vCenter.

mod discovery;

pub(crate) use discovery::{AddedServer, Approve, Discovery, ImportedServers, Matched, Profile, Scan};

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use contract::analytics::Window;
use contract::destination::MailSecurity;
use contract::health::Level;
use contract::{
    AuditOutcome, Door, LogLevel, OperationKind, OperationState, Origin, ScheduledJob, StaleReads,
};
use std::path::PathBuf;

/// Muster on the command line: caches the inventory of vCenters and shows it, even offline
///
/// It never changes anything on a vCenter.
#[derive(Debug, Parser)]
#[command(name = "musterctl", version, max_term_width = 100, after_help = EXITS)]
pub(crate) struct Args {
    /// Data folder [default: MUSTER_DATA_DIR, or else the one that the window uses]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print exactly one JSON document on stdout; messages stay on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Lower the role of this run: viewers read and export, operators also test and sync [default: MUSTER_ROLE, or else
    /// admin]
    ///
    /// The lower of --role and MUSTER_ROLE counts. It prevents mistakes and restricts nobody: whoever can read the data folder
    /// can start Muster without it.
    #[arg(long, global = true, value_name = "ROLE")]
    pub(crate) role: Option<RoleName>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXITS: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or invalid value, 3 not found, 4 login \
    rejected or no password available, 5 unreachable or timed out, 6 certificate not trusted, 7 not allowed \
    by Muster's roles, 8 partially succeeded, 9 already exists, 10 findings of the chosen level, 130 cancelled or interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Configure vCenters and ESXi hosts
    #[command(subcommand)]
    Vcenter(Vcenter),
    /// Configure credentials: a user and password shared by any number of vCenters
    #[command(subcommand)]
    Credential(Credential),
    /// Test the connection, the login and the permissions
    Test {
        /// Name or id of the vCenter
        name: String,
        /// Log in even if the credential was rejected before
        #[arg(long)]
        retry_login: bool,
    },
    /// Sync vCenters into the cache
    #[command(subcommand)]
    Sync(Sync),
    /// Refresh one kind of object
    Refresh(Refresh),
    /// Find servers at their BMCs, and match them with ESXi hosts
    #[command(subcommand)]
    Discovery(Discovery),
    /// Show, cancel or retry operations
    #[command(subcommand)]
    Operations(Operations),
    /// Schedule syncs, tests, scans and readings of servers, which windows and workers start
    #[command(subcommand)]
    Schedule(Schedule),
    /// Run steps when something happens: policies, each a JSON file
    #[command(subcommand)]
    Policy(Policy),
    /// Where policies deliver to: mail servers, webhooks and folders
    #[command(subcommand)]
    Destination(Destination),
    /// Show, check or export the audit log: who did what, when
    #[command(subcommand)]
    Audit(Audit),
    /// Show or change the settings of Muster itself
    #[command(subcommand, name = "settings")]
    Settings(SettingsOfMuster),
    /// Show the cached inventory
    Inventory(Inventory),
    /// Show how syncs went, what the cache saved, and how capacity grows
    #[command(subcommand)]
    Analytics(Analytics),
    /// List the columns of a kind
    Columns {
        /// Object kind
        kind: KindName,
    },
    /// Show what health rules find in the cached inventory; exit code 10 if --level is given and there are findings
    #[command(args_conflicts_with_subcommands = true)]
    Health {
        #[command(flatten)]
        asked: HealthAsked,
        #[command(subcommand)]
        command: Option<Health>,
    },
    /// Show state, data age and object counts of every vCenter
    Status,
    /// Show the estate at a glance: totals, capacity, hosts that are not available, what changed and what runs next
    ///
    /// Each host and each datastore counts once, however many vCenters see it. Hosts that are not connected or in
    /// maintenance have no capacity. "After failover" leaves out the largest hosts that HA is to survive.
    Overview,
    /// Check the database, keychain, credentials and vCenters, without contacting any server
    Doctor {
        /// First remove the entries in the keychain that no credential needs, after showing them
        #[arg(long)]
        remove_orphans: bool,
        /// Don't ask for confirmation
        #[arg(long, requires = "remove_orphans")]
        yes: bool,
    },
    /// Print changes as they happen, here and in other processes, until interrupted
    Watch,
    /// Run as a worker: start what is scheduled and do what is queued with --detach, until interrupted
    ///
    /// Prints changes as they happen, like watch. Windows do the same; a worker is for machines without one.
    Run {
        /// End after this time, such as 10m
        #[arg(long = "for", value_name = "TIME")]
        duration: Option<String>,
    },
    /// Run a simulated vCenter for trying Muster, until interrupted
    ///
    /// It listens on 127.0.0.1 only. Its inventory depends on size and seed alone. Port, password and certificate are new at
    /// each start, unless --port, --password and --certificate set them.
    Simulator(Simulator),
    /// Show the log that windows, workers and commands write
    Log(LogAsked),
    /// Write a file for support: state, errors and the log, without names, addresses or passwords
    ///
    /// The same name is replaced by the same made-up one in every file. What is in it is listed first.
    SupportBundle(SupportBundle),
    /// Write a verified backup of the database, while others use it
    ///
    /// It has the configuration, schedules, history and cache of the data folder, and no password.
    Backup {
        /// File to write, which must not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Put a backup in the place of the database, of which a copy is kept
    ///
    /// Nobody else may use the data folder: close the window and workers first. Passwords stay where they are, and are found
    /// again on the same machine; on another one they have to be entered.
    Restore {
        /// File that backup wrote
        file: PathBuf,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Print the script that makes a role and an account with exactly the permissions that Muster needs
    ///
    /// It is printed, not run. Read it, and run it as an administrator of the vCenter.
    LeastPrivilege {
        /// For PowerCLI instead of govc
        #[arg(long)]
        powercli: bool,
        /// For govc, which is what is printed without any option
        #[arg(long, conflicts_with = "powercli")]
        govc: bool,
        /// The account, as name@domain
        #[arg(long, value_name = "U", default_value = contract::least_privilege::DEFAULT)]
        user: String,
    },
    /// Show the version, the commit that it was built from, and the platform
    Version,
    /// Print a shell completion script
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the man page, or write the man pages of all commands to a folder
    Man {
        /// Folder
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Analytics {
    /// How long syncs took, what they read and changed, and why they failed
    ///
    /// p50 and p95 are told within 3.2 %. Objects per second are those of the time that syncs took.
    Syncs {
        #[command(flatten)]
        asked: AnalyticsAsked,
        /// Only syncs of this kind
        #[arg(long, value_name = "KIND", value_parser = names(OperationKind::ALL, OperationKind::name))]
        kind: Option<OperationKind>,
    },
    /// Calls, bytes, latency, and what reading from the cache saved
    ///
    /// Latency is the time to the first byte of an answer. A read that was answered from the cache, or by a refresh that was
    /// under way, saved what a refresh of that kind at that vCenter costs on average.
    Calls {
        #[command(flatten)]
        asked: AnalyticsAsked,
    },
    /// Used space and VMs, and when datastores will be full
    ///
    /// A date is told as a range, and only where at least 7 days show that a datastore grows (95 % confidence, if days are
    /// independent).
    Capacity {
        #[command(flatten)]
        asked: AnalyticsAsked,
    },
    /// Open findings of health rules by level, as noted after each sync
    ///
    /// Findings in inventories, without waived ones. How vCenters themselves stand, such as a rejected login, is not counted.
    Findings {
        #[command(flatten)]
        asked: AnalyticsAsked,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AnalyticsAsked {
    /// Only this vCenter, by name or id
    #[arg(long, value_name = "V")]
    pub(crate) vcenter: Option<String>,
    /// How far back
    #[arg(long, value_name = "WINDOW", default_value = "24h", value_parser = names(Window::ALL, Window::name))]
    pub(crate) window: Window,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LogAsked {
    /// Only lines since this time, such as 2026-03-01T12:00:00Z, or within this age, such as 2h or 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only lines of this level or worse
    #[arg(long, value_name = "LEVEL", value_parser = names(&LogLevel::ALL, LogLevel::name))]
    pub(crate) level: Option<LogLevel>,
    /// Maximum number of lines, the newest ones
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SupportBundle {
    /// ZIP file to write, which must not exist yet
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    pub(crate) out: Option<PathBuf>,
    /// Also write what was replaced by what to this file (CSV), for yourself
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(crate) mapping: Option<PathBuf>,
    /// List what would be in it, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Simulator {
    /// Number of VMs, including templates: 1 to 30000
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = vms())]
    pub(crate) vms: u32,
    /// Seed of the generated inventory
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Replay a recording of a real server: XML, packed with gzip or not
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vms", "seed"])]
    pub(crate) recording: Option<PathBuf>,
    /// Port on 127.0.0.1 [default: any free port]
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Password of its user [default: random]; visible to other users of this machine, as it protects no real data
    #[arg(long, value_name = "P", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) password: Option<String>,
    /// Folder for the certificate, its key and the random password, to keep them between starts; created if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) certificate: Option<PathBuf>,
    /// Also run BMCs on 127.0.64.1 and up: of its hosts first, then of servers that run no ESXi
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "recording", value_parser = clap::value_parser!(u32).range(0..=4096))]
    pub(crate) bmcs: u32,
    /// Port of the BMCs, the same on each address [default: any free port]
    #[arg(long, value_name = "P", requires = "bmcs", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) bmc_port: Option<u16>,
}

/// The sizes that the simulator has.
fn vms() -> clap::builder::RangedI64ValueParser<u32> {
    let (least, most) = (*simulator::VMS.start(), *simulator::VMS.end());
    clap::value_parser!(u32).range(i64::from(least)..=i64::from(most))
}

/// One vCenter, all that have a tag, or everything.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct Group {
    /// Name or id
    pub(crate) name: Option<String>,
    /// All vCenters that have this tag
    #[arg(long, value_name = "T")]
    pub(crate) tag: Option<String>,
    /// Everything: all vCenters, policies, and scans and readings of servers
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Vcenter {
    /// Show the certificate of a server, and its version if the certificate is trusted; sends no credential
    Probe {
        /// Host name, address or URL
        #[arg(value_name = "HOST[:PORT]")]
        address: String,
        #[command(flatten)]
        trust: Trust,
        #[command(flatten)]
        way: Way,
    },
    /// Add a vCenter or ESXi host after a test login
    Add {
        /// Display name
        name: String,
        /// Host name, address or URL
        #[arg(value_name = "HOST[:PORT]")]
        address: String,
        #[command(flatten)]
        login: Login,
        #[command(flatten)]
        helper: Helper,
        #[command(flatten)]
        trust: Trust,
        #[command(flatten)]
        settings: Settings,
    },
    /// List vCenters
    List,
    /// Show a vCenter
    Show {
        /// Name or id
        name: String,
    },
    /// Show the CA that issued a vCenter's certificate, as the vCenter offers it, and trust it instead of a pinned certificate
    ///
    /// It is downloaded from the vCenter over the connection that is trusted already; no credential is sent. A CA outlasts
    /// the certificate: a renewal needs no new approval. ESXi hosts offer none.
    OfferCa {
        /// Name or id
        name: String,
        /// Store it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Change a vCenter, without contacting it
    Edit {
        /// Name or id
        name: String,
        /// New name
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        /// New address
        #[arg(long, value_name = "HOST[:PORT]")]
        host: Option<String>,
        /// New credential
        #[arg(long, value_name = "C", conflicts_with_all = ["user", "password_stdin"])]
        credential: Option<String>,
        /// New user, for every vCenter that shares the credential
        #[arg(long, value_name = "U")]
        user: Option<String>,
        /// Read the new password from stdin, for every vCenter that shares the credential
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        trust: Trust,
        /// Use the system trust store
        #[arg(long, conflicts_with_all = ["pin", "ca_file"])]
        system_trust: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Do nothing automatically on a vCenter for a while, as during its maintenance
    ///
    /// Schedules and automatic refreshes wait, and nothing about it is reported. What you start yourself runs all the same. With
    /// --all nothing runs automatically any more: schedules run once when the pause ends, and policies drop what happened.
    Pause {
        #[command(flatten)]
        of: Group,
        /// When it ends: 14:00, "2026-03-01 06:00" (in local time) or 2026-03-01T06:00:00Z; without it, when you resume
        #[arg(long, value_name = "TIME", conflicts_with = "duration")]
        until: Option<String>,
        /// How long it lasts, such as 2h
        #[arg(long = "for", value_name = "DURATION")]
        duration: Option<String>,
    },
    /// End a pause; refresh automatically again at once after a vCenter failed several times in a row
    Resume {
        #[command(flatten)]
        of: Group,
    },
    /// Remove a vCenter and all its cached data, at once
    ///
    /// Its history goes too, and the credential that was made with it unless another vCenter uses that. Asks first, and says what
    /// goes.
    Remove {
        /// Name or id
        name: String,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Write the configuration of all vCenters, without passwords, to a file that import reads
    Export {
        /// File to write, which must not exist yet; as CSV or JSON, by its ending
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Add and change vCenters from a file, without contacting them
    ///
    /// The file is an export of Muster (JSON or CSV), of RVTools (.xlsx or a tab as CSV) or of Royal TS (.rtsz, JSON or CSV), or
    /// a list with one host per line, with a name before it or without. What it is, its content says.
    ///
    /// A vCenter that is configured already is found by its name, its address and its instance id. An export of Muster changes
    /// its trust, its credential and its settings; the user of a credential that exists is never changed. A list only adds.
    /// Each vCenter is stored as a whole or not at all, and without a login: the first contact shows its certificate and
    /// asks for a password that is not at hand.
    ///
    /// Exits with 8 if some vCenters were not imported, and with 1 if none could be.
    #[command(after_help = IMPORTED)]
    Import(Import),
}

const IMPORTED: &str = "Examples:\n  musterctl vcenter import vcenters.json --dry-run\n  musterctl vcenter import \
    RVTools_export.xlsx --credential readonly\n  printf 'Berlin, vc1.example.org\\n' > list && musterctl vcenter import list \
    --credential readonly\n\nColumns of a CSV: name, host; and as needed port, credential, user, trust (system, ca, pin), pin, \
    ca_pem, instance_uuid, tags (separated by ;), ttl_seconds and the other settings as vcenter export writes them.";

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// File to read, 32 MiB at most
    pub(crate) file: PathBuf,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Existing credential for the vCenters that are added, whatever the file says
    #[arg(long, value_name = "C")]
    pub(crate) credential: Option<String>,
    /// Trust the file: also change names, addresses, trust and credentials of known vCenters, and use stored credentials that it
    /// names
    #[arg(long)]
    pub(crate) update: bool,
    /// Also add the ESXi hosts that a file of RVTools names
    #[arg(long)]
    pub(crate) esxi_hosts: bool,
    /// Don't ask for confirmation on a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub(crate) struct Trust {
    /// Trust the certificate with this SHA-256 fingerprint, as shown by openssl or a browser
    // A certificate pasted in its place begins with dashes, and deserves better than "unexpected argument".
    #[arg(long, value_name = "SHA256", allow_hyphen_values = true)]
    pub(crate) pin: Option<String>,
    /// Trust certificates issued by the CAs in this PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// What can be set for a vCenter: an option for each line in `contract::VcenterSettings`.
#[derive(Debug, Clone, PartialEq, ClapArgs)]
pub(crate) struct Settings {
    /// Tag; may be repeated and replaces the current ones, "" for none
    #[arg(long = "tag", value_name = "T")]
    pub(crate) tags: Option<Vec<String>>,
    /// Age at which its data becomes stale [default of a new one: as set, 5m at first]
    #[arg(long, value_name = "TIME")]
    pub(crate) ttl: Option<String>,
    /// What to read when data on screen is stale: nothing, the kind that is shown, or everything
    /// [default of a new one: as set, kind at first]
    #[arg(long, value_name = "WHAT", value_parser = names(&StaleReads::ALL, StaleReads::name))]
    pub(crate) stale_reads: Option<StaleReads>,
    /// Whether desktops show notifications about it: on or off [default: on]
    #[arg(long, value_name = "ON|OFF", value_parser = names(&[true, false], on_or_off))]
    pub(crate) notify: Option<bool>,
    /// How long it may be silent within one answer, from 5s to 10m [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
    #[command(flatten)]
    pub(crate) way: Way,
    /// Note, "" for none
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

/// The way to a server; directly without these, whatever the proxy variables of the environment say.
#[derive(Debug, Clone, PartialEq, ClapArgs)]
pub(crate) struct Way {
    /// Reach it through this proxy: socks5h://HOST:PORT, socks5h://USER@HOST:PORT or http://HOST:PORT, "" for none
    ///
    /// The proxy resolves the server's name. It is never sent a password: a URL that contains one is refused.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Connect to this address in its place, such as the near end of a tunnel, "" for none
    ///
    /// The certificate has to name the server all the same.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) connect_to: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = true)]
pub(crate) struct Login {
    /// Log in as this user, with a dedicated credential
    #[arg(long, value_name = "U", conflicts_with = "credential")]
    pub(crate) user: Option<String>,
    /// Read the password from stdin
    #[arg(long, requires = "user")]
    pub(crate) password_stdin: bool,
    /// Log in with this existing credential
    #[arg(long, value_name = "C", conflicts_with = "helper")]
    pub(crate) credential: Option<String>,
}

/// What prints a password in the place of a stored one.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Helper {
    /// Have this program print the password at each login, such as that of a vault: its absolute path
    ///
    /// It is run without a shell and without a terminal, and ended after 30 seconds. It must print the password, and nothing
    /// else, as one line on stdout; what it says on stderr is shown when it fails. Nobody but root and this user may be able to
    /// change it.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "password_stdin")]
    pub(crate) helper: Option<String>,
    /// Argument for the helper; may be repeated. It is stored and shown, so it must not be a secret
    #[arg(long = "helper-arg", value_name = "A", requires = "helper", allow_hyphen_values = true)]
    pub(crate) helper_args: Vec<String>,
}

impl Helper {
    /// The program and its arguments.
    pub(crate) fn command(&self) -> Option<Vec<String>> {
        let program = self.helper.clone()?;
        Some([program].into_iter().chain(self.helper_args.iter().cloned()).collect())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Credential {
    /// Add a credential
    Add {
        /// Display name
        name: String,
        /// User to log in as
        #[arg(long, value_name = "U")]
        user: String,
        /// Read the password from stdin
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        helper: Helper,
    },
    /// List credentials
    List,
    /// Change the name, the user, the password or the helper, for all vCenters that share the credential
    Set {
        /// Name or id
        name: String,
        /// New name
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        /// New user
        #[arg(long, value_name = "U")]
        user: Option<String>,
        /// Read the new password from stdin; once stored, it takes the place of a helper
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        helper: Helper,
        /// No longer have a program print the password
        #[arg(long, conflicts_with_all = ["password_stdin", "helper"])]
        no_helper: bool,
    },
    /// Have all vCenters of one credential use another one, and remove the first with its password
    Merge {
        /// Name or id of the credential that is removed
        from: String,
        /// Name or id of the credential that its vCenters use from then on
        into: String,
        /// Accept that the vCenters log in as another user from then on
        #[arg(long)]
        other_user: bool,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Remove an unused credential and its password
    Remove {
        /// Name or id
        name: String,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List rows, newest first
    List {
        #[command(flatten)]
        filter: AuditFilterArgs,
        /// Maximum number of rows
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Check that no row was changed, inserted, reordered or removed; exit code 1 if one was
    ///
    /// Rows that were cut off at the end, and a log that was rewritten as a whole, show with a receipt only.
    Verify {
        /// Receipt that musterctl audit receipt wrote
        #[arg(long, value_name = "FILE")]
        receipt: Option<PathBuf>,
    },
    /// Write a receipt: the head of the log as it is now, to verify it against later
    Receipt {
        /// File to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write rows to a file, oldest first: as CSV if its name ends in .csv, else one JSON object a line
    Export(AuditExport),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AuditExport {
    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) filter: AuditFilterArgs,
    /// Remove what was exported from the log, which leaves a row that says so; of the filters only --until goes with it
    #[arg(long, conflicts_with_all = ["since", "actor", "command", "origin", "outcome", "text"])]
    pub(crate) prune: bool,
    /// Don't ask for confirmation
    #[arg(long, requires = "prune")]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AuditFilterArgs {
    /// Only rows since this time, such as 2026-03-01T12:00:00Z, or within this age, such as 2h or 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only rows before this time, or older than this age
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only what this user did
    #[arg(long, value_name = "USER")]
    pub(crate) actor: Option<String>,
    /// Only this command, such as edit_vcenter
    #[arg(long, value_name = "C")]
    pub(crate) command: Option<String>,
    /// Only what came from the window, the tray, the command line, a schedule or Muster itself
    #[arg(long, value_name = "ORIGIN", value_parser = names(Door::ALL, Door::name))]
    pub(crate) origin: Option<Door>,
    /// Only rows with this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = names(AuditOutcome::ALL, AuditOutcome::name))]
    pub(crate) outcome: Option<AuditOutcome>,
    /// Only rows that contain this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sync {
    /// Sync the hosts
    Hosts {
        /// Name or id of the vCenter
        name: String,
        /// Only the hosts of this cluster; may be repeated
        #[arg(long = "cluster", value_name = "C", value_parser = NonEmptyStringValueParser::new())]
        clusters: Vec<String>,
        /// Accept the removal of everything that the vCenter no longer lists, however much it is
        #[arg(long)]
        accept_removals: bool,
        /// Don't wait: leave it to a Muster window or `musterctl run`
        #[arg(long)]
        detach: bool,
    },
    /// Sync everything
    Full {
        /// Names or ids of vCenters
        #[arg(required_unless_present_any = ["all", "tags"])]
        names: Vec<String>,
        /// All vCenters
        #[arg(long, conflicts_with_all = ["names", "tags"])]
        all: bool,
        /// All vCenters with this tag; may be repeated
        #[arg(long = "tag", value_name = "T", conflicts_with = "names")]
        tags: Vec<String>,
        /// Accept the removal of everything that the vCenter no longer lists, however much it is
        #[arg(long)]
        accept_removals: bool,
        /// Don't wait: leave it to a Muster window or `musterctl run`
        #[arg(long)]
        detach: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Refresh {
    /// Object kind; snapshots are refreshed with their VMs
    pub(crate) kind: KindName,
    /// Names or ids of vCenters
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Only this object, by name or moref; may be repeated
    #[arg(long = "object", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) objects: Vec<String>,
    /// Accept the removal of everything that the vCenter no longer lists, however much it is
    #[arg(long)]
    pub(crate) accept_removals: bool,
    /// Don't wait: leave it to a Muster window or `musterctl run`
    #[arg(long)]
    pub(crate) detach: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Operations {
    /// List recent operations, the newest first
    List(OperationsList),
    /// Show an operation
    Show {
        /// Id, or the beginning of one
        id: String,
    },
    /// Cancel an operation, in whichever process it waits or runs
    Cancel {
        /// Id, or the beginning of one
        id: String,
    },
    /// Do once more what an operation did
    Retry {
        /// Id, or the beginning of one
        id: String,
        /// Don't wait: leave it to a Muster window or `musterctl run`
        #[arg(long)]
        detach: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OperationsList {
    /// Only those of this vCenter
    #[arg(long, value_name = "NAME")]
    pub(crate) vcenter: Option<String>,
    /// Only this kind of operation; may be repeated for any of several
    #[arg(long = "kind", value_name = "KIND", value_parser = names(OperationKind::ALL, OperationKind::name))]
    pub(crate) kinds: Vec<OperationKind>,
    /// Only operations in this state; may be repeated for any of several
    #[arg(long = "state", value_name = "STATE", value_parser = names(OperationState::ALL, OperationState::name))]
    pub(crate) states: Vec<OperationState>,
    /// Only those that a user, a reader that wanted fresher data, or a schedule started
    #[arg(long, value_name = "ORIGIN", value_parser = names(Origin::ALL, Origin::name))]
    pub(crate) origin: Option<Origin>,
    /// Only those submitted since this time, such as 2026-03-01T12:00:00Z, or within this age, such as 2h or 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only those submitted before this time, or longer ago than this age
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// List each automatic operation that changed nothing, instead of combining those in a row; --json always does
    #[arg(long)]
    pub(crate) each: bool,
    /// Maximum number of lines
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct HealthAsked {
    /// Only findings of this level and worse
    #[arg(long, value_name = "LEVEL", value_parser = names(&Level::ALL, Level::name))]
    pub(crate) level: Option<Level>,
    /// Name or id of a vCenter; may be repeated
    #[arg(long = "vcenter", value_name = "V")]
    pub(crate) vcenters: Vec<String>,
    /// Only findings of this rule
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Option<String>,
    /// Show waived findings too
    #[arg(long)]
    pub(crate) waived: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Health {
    /// List the rules, with the levels that are set
    Rules,
    /// Silence findings of a rule until a date, or until the waiver is removed
    Waive {
        /// Id of the rule
        rule: String,
        #[command(flatten)]
        scope: HealthScope,
        /// Why; whoever finds it silenced later will want to know
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// When it ends: 14:00, "2026-03-01 06:00" (in local time) or 2026-03-01T06:00:00Z; without it, when it is removed
        #[arg(long, value_name = "TIME", conflicts_with = "duration")]
        until: Option<String>,
        /// How long it lasts, such as 30d
        #[arg(long = "for", value_name = "DURATION")]
        duration: Option<String>,
    },
    /// List what is waived, by whom and why
    Waivers,
    /// Report again what a waiver silenced
    Unwaive {
        /// Id of the waiver
        waiver: String,
    },
    /// Set the thresholds and levels of a rule
    ///
    /// Levels that are not named stay as they are; "off" takes one away.
    Set {
        /// Id of the rule
        rule: String,
        #[command(flatten)]
        scope: HealthScope,
        /// Value from which on it is critical, such as 5, 14d or 90; "" for rules without values
        #[arg(long, value_name = "VALUE")]
        critical: Option<String>,
        /// Value from which on it is a warning
        #[arg(long, value_name = "VALUE")]
        warning: Option<String>,
        /// Value from which on it is worth knowing
        #[arg(long, value_name = "VALUE")]
        information: Option<String>,
        /// Turn the rule off
        #[arg(long, conflicts_with_all = ["critical", "warning", "information"])]
        off: bool,
        /// Take back what was set
        #[arg(long, conflicts_with_all = ["critical", "warning", "information", "off"])]
        default: bool,
    },
}

/// What a setting of a rule is for; everything where nothing is named.
#[derive(Debug, ClapArgs)]
pub(crate) struct HealthScope {
    /// Name or id of a vCenter
    #[arg(long, value_name = "V", conflicts_with_all = ["tag", "conditions"])]
    pub(crate) vcenter: Option<String>,
    /// Name or moref of a cluster in that vCenter
    #[arg(long, value_name = "C", requires = "vcenter", conflicts_with_all = ["name", "tag", "conditions"])]
    pub(crate) cluster: Option<String>,
    /// Name or moref of one object in that vCenter
    #[arg(long, value_name = "NAME", requires = "vcenter", conflicts_with_all = ["tag", "conditions"])]
    pub(crate) name: Option<String>,
    /// vCenters with this tag
    #[arg(long, value_name = "T", conflicts_with = "conditions")]
    pub(crate) tag: Option<String>,
    /// Objects that meet this condition, such as name~test; may be repeated, and then all have to hold
    #[arg(long = "where", value_name = "COND")]
    pub(crate) conditions: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    /// Add a schedule
    ///
    /// A Muster window or `musterctl run` starts what is due. With several of them, each run is started once.
    Add {
        /// Display name
        name: String,
        #[command(flatten)]
        options: ScheduleOptions,
    },
    /// List schedules
    List,
    /// Show a schedule
    Show {
        /// Name or id
        name: String,
    },
    /// Change a schedule
    Edit {
        /// Name or id
        name: String,
        /// New name
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        options: ScheduleOptions,
        #[command(flatten)]
        looks: Looks,
    },
    /// Turn a schedule on; it doesn't catch up on missed runs
    Enable {
        /// Name or id
        name: String,
    },
    /// Turn a schedule off
    Disable {
        /// Name or id
        name: String,
    },
    /// Remove a schedule; operations that it started continue
    Remove {
        /// Name or id
        name: String,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Show the next runs
    Next {
        /// Name or id [default: all schedules that are on]
        name: Option<String>,
        /// Number of runs
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
        count: u32,
    },
    /// Show what schedules and policies run in the next days, day by day
    ///
    /// What runs more often than 24 times a day stands apart; what waits for an event has no time and is not shown.
    Calendar {
        /// Number of days, today among them
        #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=31))]
        days: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Destination {
    /// List destinations
    List,
    /// Show a destination
    Show {
        /// Name or id
        name: String,
    },
    /// Add a destination
    #[command(
        after_help = "Examples:\n  musterctl destination add ops --smtp mail.example.org --from muster@example.org --to \
        ops@example.org --credential mailer\n  musterctl destination add chat --webhook https://example.org/hooks/1 \
        --credential signing-key\n  musterctl destination add nightly --folder /srv/muster --keep 14\n\nA webhook is signed \
        as the Standard Webhooks specification says; the password of its credential is the key."
    )]
    Add {
        /// Name
        name: String,
        #[command(flatten)]
        target: Box<Target>,
    },
    /// Change a destination; what is left out stays as it is
    Edit {
        /// Name or id
        name: String,
        /// New name
        #[arg(long, value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        target: Box<Target>,
    },
    /// Deliver a test message, or write a file and delete it again
    Test {
        /// Name or id
        name: String,
    },
    /// Remove a destination that no policy names
    Remove {
        /// Name or id
        name: String,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// What a destination is, and where.
#[derive(Debug, ClapArgs)]
pub(crate) struct Target {
    /// A mail server, with a port if it isn't the usual one
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["webhook", "folder"])]
    pub(crate) smtp: Option<String>,
    /// A webhook
    #[arg(long, value_name = "URL", conflicts_with = "folder")]
    pub(crate) webhook: Option<String>,
    /// A folder on this machine
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// How mail is protected on its way to the server: tls (port 465), starttls (587), or none (25, without a login)
    #[arg(long, value_name = "HOW", value_parser = names(MailSecurity::ALL, MailSecurity::name))]
    pub(crate) security: Option<MailSecurity>,
    /// Who sends mail
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// Who gets mail; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Vec<String>,
    /// Exports of each policy and kind that are kept in a folder [default of a new one: 30]
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<u32>,
    /// User and password of a mail server, or the signing key of a webhook; "" for none
    #[arg(long, value_name = "NAME")]
    pub(crate) credential: Option<String>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Reach it through this proxy, "" for none
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// List policies
    List,
    /// Show a policy; with --json as a file that add and edit take
    Show {
        /// Name or id
        name: String,
    },
    /// Add a policy
    ///
    /// A Muster window or `musterctl run` starts it when something happens that it waits for.
    Add {
        /// JSON file; - reads stdin
        file: PathBuf,
    },
    /// Change a policy
    ///
    /// The file says all that is set for it. One that `policy show --json` printed changes nothing that somebody changed since.
    Edit {
        /// Name or id
        name: String,
        /// JSON file; - reads stdin
        file: PathBuf,
    },
    /// Run a policy now
    Run {
        /// Name or id
        name: String,
        /// Show what would happen, to what and when; nothing is contacted
        #[arg(long, conflicts_with = "detach")]
        dry_run: bool,
        /// Leave the run to a window or worker
        #[arg(long)]
        detach: bool,
    },
    /// List the runs of a policy, and what became of their steps
    Runs {
        /// Name or id
        name: String,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Turn a policy on; what happened while it was off doesn't start it
    Enable {
        /// Name or id
        name: String,
    },
    /// Turn a policy off
    Disable {
        /// Name or id
        name: String,
    },
    /// Remove a policy; operations that it started continue
    Remove {
        /// Name or id
        name: String,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// What can be set for a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, ClapArgs)]
pub(crate) struct ScheduleOptions {
    /// Name or id of a vCenter; may be repeated
    #[arg(long = "vcenter", value_name = "V", conflicts_with = "tag")]
    pub(crate) vcenters: Vec<String>,
    /// All vCenters with this tag when a run is due
    #[arg(long, value_name = "T")]
    pub(crate) tag: Option<String>,
    #[command(flatten)]
    pub(crate) when: When,
    /// Run when people look at the vCenters, as often as --every says; --smart=false turns it off
    ///
    /// Muster learns from when people look at a vCenter, when it changes, and when its server is slow; what it has seen stays
    /// in its database. Between two runs is at least a fifth of the interval and 5 minutes, and at most 8 intervals and
    /// a day. Until it knows enough, it runs at the interval.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) smart: Option<bool>,
    /// What to run; a new schedule runs full where nothing is said
    ///
    /// full, hosts and test run on vCenters. servers reads all known servers, and takes no vCenter. A scan is scheduled by
    /// discovery scan --schedule.
    #[arg(long, value_name = "JOB", value_parser = named_jobs())]
    pub(crate) job: Option<ScheduledJob>,
}

/// Where a scheduled scan looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, ClapArgs)]
pub(crate) struct Looks {
    /// Of a scan: scan this range instead of those before; may be repeated
    #[arg(long = "range", value_name = "RANGE")]
    pub(crate) ranges: Vec<String>,
    /// Of a scan: leave out this range instead of those before; may be repeated
    #[arg(long, value_name = "RANGE")]
    pub(crate) exclude: Vec<String>,
    /// Scan more than 4,096 addresses without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// When something is done by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, ClapArgs)]
pub(crate) struct When {
    /// Run at this interval, from 5s to 31d
    #[arg(long, value_name = "TIME", conflicts_with = "cron")]
    pub(crate) every: Option<String>,
    /// Run at the times of this cron expression, such as '30 2 * * 1-5' for 02:30 on weekdays
    ///
    /// Five fields: minute, hour, day of the month, month, day of the week. A time that a day leaves out when the clock is
    /// put forward runs right after it; one that a day repeats runs the first time.
    #[arg(long, value_name = "EXPR")]
    pub(crate) cron: Option<String>,
    /// IANA time zone of the cron expression and the quiet hours, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "Z")]
    pub(crate) zone: Option<String>,
    /// Daily hours in which nothing is started, such as 22:00-06:00, "" for none; a run that is due then starts after them
    #[arg(long, value_name = "HOURS")]
    pub(crate) quiet: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsOfMuster {
    /// Show the settings
    Show,
    /// Change settings
    Set(ChangedSettings),
    /// Delete what Muster has seen of when people look at vCenters, when those change and how fast they answer
    ///
    /// Only smart schedules use it: they run at their interval until they have learned anew.
    DeleteUsage {
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = true)]
pub(crate) struct ChangedSettings {
    /// Number of days to keep operations and what they changed: 1 to 3650
    #[arg(long, value_name = "N")]
    pub(crate) history_days: Option<u32>,
    /// Number of days to keep numbers for analytics: 1 to 3650
    #[arg(long, value_name = "N")]
    pub(crate) analytics_days: Option<u32>,
    /// How much stands in the log file [default: info]
    #[arg(long, value_name = "LEVEL", value_parser = names(&LogLevel::ALL, LogLevel::name))]
    pub(crate) log_level: Option<LogLevel>,
    /// TTL of vCenters that are added without --ttl, such as 10m
    #[arg(long, value_name = "TIME")]
    pub(crate) default_ttl: Option<String>,
    /// What stale data on screen triggers, for vCenters that are added without --stale-reads
    #[arg(long, value_name = "WHAT", value_parser = names(&StaleReads::ALL, StaleReads::name))]
    pub(crate) default_stale_reads: Option<StaleReads>,
}

/// The word for a switch.
pub(crate) fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Reads what a schedule does by its name.
fn named_jobs() -> impl TypedValueParser<Value = ScheduledJob> {
    let possible = PossibleValuesParser::new(ScheduledJob::NAMED.iter().map(ScheduledJob::name));
    possible.try_map(|name| ScheduledJob::from_name(&name).ok_or("no such name"))
}

/// Reads a value by its name; clap lists the names where it is none of them.
fn names<T: Copy + Send + std::marker::Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let possible = PossibleValuesParser::new(all.iter().map(|one| name(*one)));
    possible.try_map(move |text| all.iter().copied().find(|one| name(*one) == text).ok_or("no such name"))
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Inventory {
    /// Object kind
    pub(crate) kind: KindName,
    /// Only this vCenter; may be repeated
    #[arg(long = "vcenter", value_name = "NAME")]
    pub(crate) vcenters: Vec<String>,
    /// Columns to show, in this order, each by id, alias or heading
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Columns to sort by, each by id, alias or heading; a leading - reverses the order [default: name]
    #[arg(long, value_name = "COL", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) sort: Vec<String>,
    /// Condition that rows must meet, such as 'free_percent<10', 'age>7d', name~web, host=esx-01,
    /// 'ip_addresses in 10.1.2.0/24' or cluster= for none; may be repeated, then all must hold
    #[arg(long = "where", value_name = "COND")]
    pub(crate) conditions: Vec<String>,
    /// Maximum number of rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Refresh data older than this first, such as 10m
    #[arg(long, value_name = "TIME")]
    pub(crate) max_age: Option<String>,
    /// Print comma-separated values unchanged, for programs
    ///
    /// RFC 4180. The elements of a list are joined by semicolons; a semicolon or backslash within one has a backslash
    /// before it. A cell may begin with what a spreadsheet takes for a formula: use --spreadsheet for one.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print comma-separated values that are safe to open in Excel and other spreadsheets
    ///
    /// As --csv, with a byte-order mark, CRLF at the ends of lines, every text in quotes, and an apostrophe before a text
    /// that begins with = + - @ or a control character, blanks before them aside, or that looks like another number or a
    /// date, such as 007, 1e5 or 1-2.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub(crate) spreadsheet: bool,
    /// Separator for --spreadsheet; Excel expects the list separator of its locale
    #[arg(long, value_name = "SEPARATOR", requires = "spreadsheet", default_value = ",")]
    pub(crate) separator: Separator,
}

/// The roles by their names.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleName {
    Viewer,
    Operator,
    Admin,
}

impl From<RoleName> for contract::Role {
    fn from(name: RoleName) -> contract::Role {
        match name {
            RoleName::Viewer => contract::Role::Viewer,
            RoleName::Operator => contract::Role::Operator,
            RoleName::Admin => contract::Role::Admin,
        }
    }
}

/// What separates the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Separator {
    #[value(name = ",", help = "for Excel in English")]
    Comma,
    #[value(name = ";", help = "for Excel in most of Europe")]
    Semicolon,
    #[value(name = "tab", help = "for pasting")]
    Tab,
}

/// The kinds by their names.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KindName {
    Datacenters,
    Clusters,
    Hosts,
    Vms,
    Datastores,
    Networks,
    ResourcePools,
    Folders,
    Snapshots,
}

impl From<KindName> for contract::Kind {
    fn from(name: KindName) -> contract::Kind {
        match name {
            KindName::Datacenters => contract::Kind::Datacenters,
            KindName::Clusters => contract::Kind::Clusters,
            KindName::Hosts => contract::Kind::Hosts,
            KindName::Vms => contract::Kind::Vms,
            KindName::Datastores => contract::Kind::Datastores,
            KindName::Networks => contract::Kind::Networks,
            KindName::ResourcePools => contract::Kind::ResourcePools,
            KindName::Folders => contract::Kind::Folders,
            KindName::Snapshots => contract::Kind::Snapshots,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, KindName, RoleName};
    use clap::{CommandFactory, ValueEnum};

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_simulator_of_no_size_or_of_too_many_vms_is_refused() {
        for vms in ["0", "30001", "-1", "many"] {
            let refused = Args::command().try_get_matches_from(["musterctl", "simulator", "--vms", vms]);
            assert_eq!(refused.map_err(|error| error.exit_code()).err(), Some(2), "{vms}");
        }
        assert!(Args::command().try_get_matches_from(["musterctl", "simulator", "--vms", "30000"]).is_ok());
        let both = ["musterctl", "simulator", "--recording", "a.xml", "--vms", "5"];
        let refused = Args::command().try_get_matches_from(both);
        assert_eq!(refused.map_err(|error| error.exit_code()).err(), Some(2), "a recording has its own size");
    }

    #[test]
    fn operations_are_filtered_by_the_names_of_the_contract_and_a_wrong_one_names_the_right_ones() {
        use super::{Command, Operations};
        use clap::Parser;
        use contract::{OperationKind, OperationState, Origin};
        let list =
            |more: &[&str]| Args::try_parse_from([&["musterctl", "operations", "list"], more].concat());
        let given =
            ["--kind", "full_sync", "--kind", "sync_hosts", "--state", "failed", "--origin", "reader"];
        let Ok(Args { command: Command::Operations(Operations::List(asked)), .. }) = list(&given) else {
            panic!("it is understood")
        };
        assert_eq!(asked.kinds, [OperationKind::FullSync, OperationKind::SyncHosts]);
        assert_eq!((asked.states, asked.origin), (vec![OperationState::Failed], Some(Origin::Reader)));
        for (flag, right) in [("--kind", "full_sync"), ("--state", "interrupted"), ("--origin", "reader")] {
            let refused = list(&[flag, "nonsense"]).unwrap_err();
            assert_eq!(refused.exit_code(), 2);
            assert!(refused.to_string().contains(right), "{refused}");
        }
    }

    #[test]
    fn a_schedule_is_made_smart_and_plain_again_by_one_option() {
        use super::{Command, Schedule};
        use clap::Parser;
        let smart = |more: &[&str]| {
            let words = ["musterctl", "schedule", "edit", "often"];
            match Args::try_parse_from([&words, more].concat()).map(|args| args.command) {
                Ok(Command::Schedule(Schedule::Edit { options, .. })) => Ok(options.smart),
                Ok(_) => panic!("another command"),
                Err(error) => Err(error.exit_code()),
            }
        };
        assert_eq!(smart(&["--every", "30m"]), Ok(None));
        assert_eq!(smart(&["--smart", "--every", "30m"]), Ok(Some(true)));
        assert_eq!(smart(&["--smart=false"]), Ok(Some(false)));
        assert_eq!(smart(&["--smart=often"]), Err(2));
    }

    #[test]
    fn every_role_can_be_named() {
        let named = RoleName::value_variants().iter().map(|role| contract::Role::from(*role));
        assert_eq!(named.collect::<Vec<_>>(), contract::Role::ALL);
        for name in RoleName::value_variants() {
            let word = name.to_possible_value().map(|value| value.get_name().to_owned());
            assert_eq!(word.as_deref(), Some(contract::Role::from(*name).name()));
        }
    }

    #[test]
    fn every_listed_kind_can_be_named() {
        let named: Vec<contract::Kind> =
            KindName::value_variants().iter().map(|kind| (*kind).into()).collect();
        assert_eq!(named, contract::Kind::LISTED);
        for name in KindName::value_variants() {
            let word = name.to_possible_value().map(|value| value.get_name().to_owned());
            assert_eq!(word.as_deref(), Some(contract::Kind::from(*name).name()));
        }
    }
}
