//! Words that say nothing about whose estate it is, although somebody may have given them to something.
//! Refuses to grow with names: what stands here is said by Muster itself, or by everybody.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a name, in lower case, is a word that anybody uses. What is shorter than three letters, or a number, is everywhere.
pub(super) fn is_ordinary(name: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| ORDINARY.split_whitespace().collect());
    name.chars().count() < 3 || name.chars().all(|c| c.is_ascii_digit()) || WORDS.contains(name)
}

const ORDINARY: &str = "
a about above accepted access account accounts action actions active add added address addresses admin admins administrator after
again age aged ago all allowed already also always and another answer answered answers any anything are argument arguments asked at
attempt attempts automatic available average awaited back background backup backups bad be because been before begin begun
below beside between body both broken build busy but by bytes cache call calls can cancel cancelled cannot certificate certificates
change changed changes check checked checks choose class clear client close closed cluster clusters code column columns command
commands common compute config configuration configured connect connected connection connections contact container content copy
core cores could count counts cpu create created credential credentials current data database datacenter datacenters
datastore datastores date day days debug default degraded delete deleted desktop detail details did different directory disabled
disconnected discovered disk disks do document documents does done down draft each edit edition either else empty enabled end ended ends
enough enter entry error errors even event events every everything exists exit expired export failed failure failures false fault
fetch few field fields file files find finding findings finished first folder folders for force found free fresh from full further
general get give given go goes gone good green group groups guest guests had has hash have health help here history host hosts hour hours
how id ids idle if image in info information install installed instance internal interrupted into invalid inventory is
issuer it its itself job jobs keep kept key keychain kind kinds known last late later latest least left less level limit line lines link
list listed lists local locked log logged login logins logs look loop lost low machine made main maintenance make manager many
maximum may me memory message messages method minute minutes missing mode model moment monitor more most mount mounted muster
must my name named names need needed needs network networks never new newer newest next nfs no nobody node none normal not
note notes nothing notify now null number object objects of off offline old older oldest on once one online only open opened operation
operations operator option or order origin other others our out outcome over own owner page panic part partial parts pass passed password
passwords path paths pause paused pending people percent perhaps permission permissions person place please pool pools port power present
pressed process processes product program progress progressed properties property proxy publish published queue queued quiet
read reader reading reads ready reason received red refresh refreshed refused registered rejected release released remedy
remove removed renamed replaced reply report request requested reset resolve resource resources restart restarted restore restored result results
resume resumed retry role roles root row rows rule run running runs safe same saved schedule scheduled schedules schema scope script second
seconds secret secrets see seen sent server servers service services session sessions set setting settings several share shared
shell should show shown simulated simulator since single site size small snapshot snapshots so some somebody something soon source space stale
start started starts state stated status stay step steps still stop stopped storage store stored stores subject submitted succeeded such switch sync
synced system table tables tag tags take taken task template templates temporary terminal test tested tests text than that the their
them then there these they thing things this those thread threads three time timed timeout times to today together token tokens too tools total
tried true trust trusted try two type types unchanged under unix unknown unless unlock unlocked until up update updated upgrade use used user
users uses using valid value values vcenter vcenters version versions view viewer virtual vmfs vms vmware volume vsphere wait waited waiting waits
wants warn warning warnings was watch way we were what when where whether which while who whole whose why will window windows with within without
words work worked worker works write written wrong yellow yes yet you your zone
";

#[cfg(test)]
mod tests {
    use super::is_ordinary;

    #[test]
    fn short_words_numbers_and_words_of_everybody_are_ordinary_and_names_are_not() {
        for word in ["a", "vm", "42", "2019", "server", "test", "the"] {
            assert!(is_ordinary(word), "{word}");
        }
        for name in ["esx01", "berlin", "acme", "fra-01", "prod", "sap", "backup-01", "test server"] {
            assert!(!is_ordinary(name), "{name}");
        }
    }
}
