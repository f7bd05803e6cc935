//! What `musterctl discovery …` understands.
//! Refuses passwords, as every other command does.

use super::{Helper, Way, When, names};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Subcommand};
use contract::discovery::{ServerState, Vendor};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Discovery {
    /// Look for BMCs, and read those whose certificate is trusted already
    ///
    /// A BMC that nobody approved yet is listed with its certificate and is sent no login. What can't be read is listed with
    /// the reason.
    #[command(after_help = SCANNED)]
    Scan(Scan),
    /// Add a server by hand, or choose what it is logged in to with
    ///
    /// It stays in the list also while nothing answers at its address. Nothing is contacted until it is read.
    Add(AddedServer),
    /// Add the servers that a file names
    ///
    /// A CSV with titles, of which only address is needed, or a list with one address per line. A row with user and password gets
    /// a credential of its own, whose password goes to the keychain, if there is one: delete the file afterwards. Exits with 8 if some rows
    /// were not imported, and with 1 if none could be.
    #[command(after_help = IMPORTED)]
    Import(ImportedServers),
    /// Read known servers again
    Refresh {
        /// Ids, addresses, serial numbers or service tags [default: all servers]
        #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        servers: Vec<String>,
        /// Don't wait: leave it to a Muster window or `musterctl run`
        #[arg(long)]
        detach: bool,
    },
    /// List the servers that were found
    List {
        /// Only servers in this state; may be repeated for any of several
        #[arg(long = "state", value_name = "STATE", value_parser = names(ServerState::ALL, ServerState::name))]
        states: Vec<ServerState>,
    },
    /// List the ESXi hosts that no known BMC belongs to
    Hosts,
    /// Show a server: its facts, its certificate, and which ESXi hosts it might be
    Show {
        /// Id, address, serial number or service tag
        #[arg(value_name = "ID")]
        server: String,
    },
    /// Approve certificates that scans found, after showing them, and read these servers
    ///
    /// Compare the fingerprints with those that the BMCs show themselves. From then on these BMCs are trusted with these
    /// certificates and no others.
    Approve(Approve),
    /// Say which ESXi host a server is, whatever the facts say
    Match(Matched),
    /// Say that a server is not this ESXi host, so that it is never proposed again
    Reject(Matched),
    /// Take back that a server is a host; a match by facts is rejected with it
    Unmatch {
        /// Id, address, serial number or service tag
        #[arg(value_name = "ID")]
        server: String,
        /// Take back which hosts the server is not, so that facts decide
        #[arg(long)]
        rejections: bool,
    },
    /// Forget servers and what was said of them; the next scan may find them again
    Remove {
        /// Ids, addresses, serial numbers or service tags
        #[arg(value_name = "ID", required = true)]
        servers: Vec<String>,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Configure the credentials that are tried at BMCs
    #[command(subcommand)]
    Profile(Profile),
}

const SCANNED: &str = "Examples:\n  musterctl discovery scan 10.0.8.0/24 10.0.9.10-50\n  musterctl discovery scan \
    10.0.8.0/24 --exclude 10.0.8.1 --ca-file bmc-ca.pem\n  musterctl discovery scan bmc-01.example.org fd00::10 --port 8443\n  \
    musterctl discovery scan 10.0.8.0/24 --schedule 'Weekly scan' --cron '30 2 * * 0'";

#[derive(Debug, ClapArgs)]
pub(crate) struct Scan {
    /// 10.0.8.0/24, 10.0.9.10-50, 10.0.9.10-10.0.10.20, an IPv4 or IPv6 address, or a host name
    #[arg(value_name = "RANGE", required = true, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) ranges: Vec<String>,
    /// TCP port of BMCs; may be repeated [default: 443]
    #[arg(long = "port", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) ports: Vec<u16>,
    /// Only this credential profile, by name or id; may be repeated [default: all profiles]
    #[arg(long = "profile", value_name = "P")]
    pub(crate) profiles: Vec<String>,
    /// Leave out these addresses, in the same form as ranges; may be repeated
    #[arg(long = "exclude", value_name = "RANGE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) exclude: Vec<String>,
    /// Also trust certificates issued by the CAs in this PEM file, at the addresses of this scan
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) way: Way,
    /// Don't ask before more than 4,096 addresses are scanned
    #[arg(long)]
    pub(crate) yes: bool,
    /// Don't wait: leave it to a Muster window or `musterctl run`
    #[arg(long)]
    pub(crate) detach: bool,
    /// Add a schedule with this name instead of scanning now; takes --every or --cron
    #[arg(long, value_name = "NAME", conflicts_with = "detach", help_heading = "Schedule")]
    pub(crate) schedule: Option<String>,
    #[command(flatten, next_help_heading = "Schedule")]
    pub(crate) when: When,
}

const IMPORTED: &str = "Examples:\n  musterctl discovery import bmcs.csv --dry-run\n  printf 'address,user,password\\n10.0.8.1,\
    root,calvin\\n' > bmcs.csv && musterctl discovery import bmcs.csv\n\nColumns: address, port, and profile or user and \
    password.";

#[derive(Debug, ClapArgs)]
pub(crate) struct AddedServer {
    /// Address or host name of the BMC, with a port if it isn't 443
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) address: String,
    /// Credential profile to log in with, by name or id [default: the one that fits]
    #[arg(long, value_name = "P", conflicts_with = "user")]
    pub(crate) profile: Option<String>,
    /// User of a credential of its own
    #[arg(long, value_name = "U")]
    pub(crate) user: Option<String>,
    /// Read its password from stdin
    #[arg(long, requires = "user")]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ImportedServers {
    /// File to read, 8 MiB at most
    pub(crate) file: PathBuf,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask for confirmation on a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Approve {
    /// Ids, addresses, serial numbers or service tags
    #[arg(value_name = "ID", required_unless_present = "seen")]
    pub(crate) servers: Vec<String>,
    /// Every certificate that was found and is not approved yet; one that changed is approved by its ID only
    #[arg(long, conflicts_with = "servers")]
    pub(crate) seen: bool,
    /// Don't ask for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
}

/// A server and an ESXi host.
#[derive(Debug, ClapArgs)]
pub(crate) struct Matched {
    /// Id, address, serial number or service tag of the server
    #[arg(value_name = "ID")]
    pub(crate) server: String,
    /// Name or moref of the ESXi host
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) host: String,
    /// Name or id of the host's vCenter, where several have such a host
    #[arg(long, value_name = "V")]
    pub(crate) vcenter: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// Have a credential tried at BMCs; adds it if --user is given
    ///
    /// A profile that no BMC has accepted yet is tried at one BMC before the others, and one that two BMCs in a row
    /// rejected is paused. A credential that exists becomes a profile without --user.
    Add {
        /// Name of the credential
        name: String,
        /// User to log in as, for a new credential
        #[arg(long, value_name = "U")]
        user: Option<String>,
        /// Read the password from stdin
        #[arg(long, requires = "user")]
        password_stdin: bool,
        #[command(flatten)]
        helper: Helper,
        /// Only for BMCs of this vendor [default: any]
        #[arg(long, value_name = "VENDOR", value_parser = names(Vendor::ALL, Vendor::name))]
        vendor: Option<Vendor>,
    },
    /// List the profiles
    List,
    /// No longer try a credential at BMCs; the credential itself stays
    Remove {
        /// Name or id
        name: String,
    },
    /// Use a profile again that was paused because BMCs rejected it
    Resume {
        /// Name or id
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use crate::args::Args;
    use clap::Parser;

    fn is_understood(words: &str) -> bool {
        let words = ["musterctl", "discovery"].into_iter().chain(words.split(' '));
        Args::try_parse_from(words).is_ok()
    }

    #[test]
    fn what_is_needed_is_asked_for_and_what_excludes_another_is_refused() {
        for words in [
            "scan 10.0.8.0/24 10.0.9.10-50 --port 443 --port 8443 --exclude 10.0.8.1 --yes --detach",
            "scan bmc-1 --proxy socks5h://jump:1080 --profile idrac --profile ilo --ca-file ca.pem",
            "refresh",
            "refresh 10.0.8.1 ABC1234",
            "list --state dark --state conflict",
            "approve --seen --yes",
            "approve 10.0.8.1 10.0.8.2",
            "match 10.0.8.1 esx-01 --vcenter Berlin",
            "profile add idrac --user root --password-stdin --vendor dell",
            "profile add idrac",
        ] {
            assert!(is_understood(words), "{words}");
        }
        for words in [
            "scan",
            "scan 10.0.8.0/24 --port 0",
            "list --state lost",
            "approve",
            "approve 10.0.8.1 --seen",
            "match 10.0.8.1",
            "remove",
            "profile add idrac --password-stdin",
            "profile add idrac --user root --helper /bin/vault --password-stdin",
            "profile add idrac --user root --password secret",
            "profile add idrac --vendor sun",
        ] {
            assert!(!is_understood(words), "{words}");
        }
    }
}
