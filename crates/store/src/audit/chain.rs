//! The hash chain: what a row's hash is over, and what is wrong with a log whose hashes don't fit.
//! Refuses to know a database: it sees rows one after the other.

use contract::{AuditRow, Receipt, Verified};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) type Hash = [u8; 32];

/// A row without its number, in the order in which it is hashed.
#[derive(Serialize)]
pub(super) struct Link<'a> {
    pub(super) at: i64,
    pub(super) actor: &'a str,
    pub(super) host: &'a str,
    pub(super) origin: &'a str,
    pub(super) role: &'a str,
    pub(super) command: &'a str,
    pub(super) subject_kind: &'a str,
    pub(super) subject_id: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    /// The text as it is stored.
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
    pub(super) outcome: &'a str,
    pub(super) operation: Option<&'a str>,
    pub(super) error: Option<&'a str>,
}

impl Link<'_> {
    /// SHA-256 over the hash before, and the number and everything else as one JSON array.
    pub(super) fn hash(&self, before: &Hash, seq: i64) -> Hash {
        let mut hasher = Sha256::new_with_prefix(before);
        // Texts, numbers and nulls: nothing of it can fail to be JSON.
        let text = serde_json::to_vec(&(seq, self)).unwrap_or_default();
        hasher.update(&text);
        hasher.finalize().into()
    }
}

/// What a row hangs on that has none before it: a log can't be put into another database.
pub(super) fn beginning(database_id: &str) -> Hash {
    Sha256::digest(format!("muster audit {database_id}")).into()
}

pub(super) fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the row says that pruning leaves.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Anchor {
    pub(super) pruned_through: u64,
    /// The hash of the last row that went.
    pub(super) hash: String,
    /// Where they were written to.
    pub(super) file: String,
}

/// A row as the check sees it: its number and hash as they stand, and the hash that it ought to have after a given one.
pub(super) struct Found<'a> {
    pub(super) seq: u64,
    pub(super) hash: String,
    pub(super) link: Link<'a>,
}

/// A check that goes through the rows in their order.
pub(super) struct Walk {
    receipt: Option<Receipt>,
    /// The row before, and its hash.
    last: (u64, Hash),
    /// Set where the first row isn't number 1: an anchor has to say that those before were pruned, with this hash.
    wanted: Option<(u64, Option<Hash>)>,
    rows: u64,
    has_receipt: bool,
}

impl Walk {
    pub(super) fn new(database_id: &str, receipt: Option<Receipt>) -> Walk {
        let has_receipt = receipt.as_ref().is_none_or(|receipt| receipt.seq == 0);
        Walk { receipt, last: (0, beginning(database_id)), wanted: None, rows: 0, has_receipt }
    }

    /// Begins in the middle, where an anchor says what the rows before ended with.
    pub(super) fn begin_after(&mut self, pruned_through: u64, hash: Option<Hash>) {
        self.wanted = Some((pruned_through, hash));
        if let Some(hash) = hash {
            self.last = (pruned_through, hash);
        }
        if let (Some(receipt), Some(hash)) = (&self.receipt, hash) {
            self.has_receipt |= receipt.seq == pruned_through && receipt.hash == hex(&hash);
        }
    }

    /// Looks at the next row; answers with what is wrong with it.
    pub(super) fn step(&mut self, found: &Found<'_>) -> Result<(), (u64, String)> {
        let (before, hash) = self.last;
        if let Some((pruned, None)) = self.wanted {
            let why = format!("rows 1 to {pruned} are missing, and no row says that they were exported");
            return Err((found.seq, why));
        }
        if found.seq != before + 1 {
            let missing = match found.seq - before - 1 {
                1 => format!("row {} is missing", before + 1),
                _ => format!("rows {} to {} are missing", before + 1, found.seq - 1),
            };
            return Err((before + 1, missing));
        }
        let right = found.link.hash(&hash, i64::try_from(found.seq).unwrap_or(i64::MAX));
        if hex(&right) != found.hash {
            let why = "it is not as it was written, or doesn't follow the row before it";
            return Err((found.seq, why.to_owned()));
        }
        if let Some(receipt) = self.receipt.as_ref().filter(|receipt| receipt.seq == found.seq) {
            if receipt.hash != found.hash {
                let why = "it is another one than when the receipt was made: the log was rewritten since";
                return Err((found.seq, why.to_owned()));
            }
            self.has_receipt = true;
        }
        self.rows += 1;
        self.last = (found.seq, right);
        Ok(())
    }

    /// What the rows are, all in all.
    pub(super) fn end(self) -> Verified {
        let pruned_through = self.wanted.map_or(0, |(pruned, _)| pruned);
        let whole = Verified { rows: self.rows, ok: true, first_broken: None, reason: None, pruned_through };
        let Some(receipt) = self.receipt else { return whole };
        if self.has_receipt {
            return whole;
        }
        let reason = if receipt.seq <= pruned_through {
            format!(
                "the receipt is of row {}, which was exported and removed: check the exported file, and take a new receipt",
                receipt.seq
            )
        } else {
            format!(
                "rows {} to {} are missing: the log was cut off since the receipt was made",
                self.last.0 + 1,
                receipt.seq
            )
        };
        let first_broken = (receipt.seq > pruned_through).then_some(self.last.0 + 1);
        Verified { ok: false, first_broken, reason: Some(reason), ..whole }
    }

    /// The same for a log in which a row is wrong.
    pub(super) fn broken(self, (seq, reason): (u64, String)) -> Verified {
        let pruned_through = self.wanted.map_or(0, |(pruned, _)| pruned);
        Verified { rows: self.rows, ok: false, first_broken: Some(seq), reason: Some(reason), pruned_through }
    }
}

/// The anchor in a row, if it is one.
pub(super) fn anchor(row: &AuditRow) -> Option<Anchor> {
    let after = row.after.clone().filter(|_| row.command == "prune_audit" && row.outcome == "done")?;
    serde_json::from_value(after).ok()
}

pub(super) fn unhex(text: &str) -> Option<Hash> {
    let bytes = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}
