//! The scripts that make an account with exactly what Muster needs, for an administrator to read and run.
//! Refuses to run anything: Muster only reads.

/// For PowerCLI, with the account in it.
pub fn powercli(user: &str) -> String {
    include_str!("../../../docs/least-privilege.ps1").replace(DEFAULT, &quoted_twice(user))
}

/// For govc, with the account in it.
pub fn govc(user: &str) -> String {
    include_str!("../../../docs/least-privilege.sh").replace(DEFAULT, &user.replace('\'', r"'\''"))
}

/// The account where nobody names another: `name@domain`.
pub const DEFAULT: &str = "muster@vsphere.local";

/// PowerShell takes typographic quotes for quotes, too.
fn quoted_twice(user: &str) -> String {
    let quotes = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
    user.chars().flat_map(|c| std::iter::repeat_n(c, if quotes.contains(&c) { 2 } else { 1 })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_stands_in_the_scripts_and_cannot_leave_its_quotes() {
        assert!(powercli("reader@corp.example").contains("'reader@corp.example'"));
        assert!(govc("reader@corp.example").contains("'reader@corp.example'"));
        assert!(govc("it's@x").contains(r"'it'\''s@x'") && powercli("it's@x").contains("'it''s@x'"));
        for script in [powercli("a@b"), govc("a@b")] {
            assert!(!script.contains(DEFAULT), "{script}");
            for privilege in ["System.Anonymous", "System.Read", "System.View"] {
                assert!(script.contains(privilege), "{script}");
            }
        }
    }
}
