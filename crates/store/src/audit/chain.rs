//! The hash chain: what a row's hash is over, and what is wrong with a log whose hashes don't fit.
//! Refuses to know a database: it sees rows one after the other.

use contract::words::hex;
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
    has_receipt: bool,
    /// The row before, and its hash.
    last: (u64, Hash),
    rows: u64,
    pruned_through: u64,
    /// Whether the first row hangs on something: on the id of the database, or on what an anchor says.
    is_anchored: bool,
}

impl Walk {
    pub(super) fn new(database_id: &str, receipt: Option<Receipt>) -> Walk {
        let has_receipt = receipt.as_ref().is_none_or(|receipt| receipt.seq == 0);
        let last = (0, beginning(database_id));
        Walk { receipt, has_receipt, last, rows: 0, pruned_through: 0, is_anchored: true }
    }

    /// Begins in the middle, where an anchor says what the rows before ended with.
    pub(super) fn begin_after(&mut self, pruned_through: u64, hash: Option<Hash>) {
        (self.pruned_through, self.is_anchored) = (pruned_through, hash.is_some());
        let Some(hash) = hash else { return };
        self.last = (pruned_through, hash);
        if let Some(receipt) = &self.receipt {
            self.has_receipt |= receipt.seq == pruned_through && receipt.hash == hex(&hash);
        }
    }

    /// Looks at the next row; answers with what is wrong with it.
    pub(super) fn step(&mut self, found: &Found<'_>) -> Result<(), (u64, String)> {
        let ((before, hash), seq) = (self.last, found.seq);
        if !self.is_anchored {
            let why = format!(
                "rows 1 to {} are missing, and no row says that they were exported",
                self.pruned_through
            );
            return Err((seq, why));
        }
        match seq.checked_sub(before + 1) {
            Some(0) => {}
            Some(1) => return Err((before + 1, format!("row {} is missing", before + 1))),
            Some(_) => return Err((before + 1, format!("rows {} to {} are missing", before + 1, seq - 1))),
            None => return Err((seq, "no row has a number below 1".to_owned())),
        }
        let right = found.link.hash(&hash, i64::try_from(seq).unwrap_or(i64::MAX));
        if hex(&right) != found.hash {
            let why = "it is not as it was written, or doesn't follow the row before it";
            return Err((seq, why.to_owned()));
        }
        if let Some(receipt) = self.receipt.as_ref().filter(|receipt| receipt.seq == seq) {
            if receipt.hash != found.hash {
                let why = "it is another one than when the receipt was made: the log was rewritten since";
                return Err((seq, why.to_owned()));
            }
            self.has_receipt = true;
        }
        self.rows += 1;
        self.last = (seq, right);
        Ok(())
    }

    /// What the rows are, all in all.
    pub(super) fn end(self) -> Verified {
        let (whole, next) = (self.so_far(), self.last.0 + 1);
        match self.receipt.filter(|_| !self.has_receipt).map(|receipt| receipt.seq) {
            None => whole,
            Some(seq) if seq <= whole.pruned_through => {
                let reason = format!(
                    "the receipt is of row {seq}, which was exported and removed: compare its hash with that row of the exported file, and take a new receipt"
                );
                Verified { ok: false, reason: Some(reason), ..whole }
            }
            Some(seq) => {
                let reason = format!(
                    "rows {next} to {seq} are missing: the log was cut off since the receipt was made"
                );
                Verified { ok: false, first_broken: Some(next), reason: Some(reason), ..whole }
            }
        }
    }

    /// The same for a log in which a row is wrong.
    pub(super) fn broken(self, (seq, reason): (u64, String)) -> Verified {
        Verified { ok: false, first_broken: Some(seq), reason: Some(reason), ..self.so_far() }
    }

    fn so_far(&self) -> Verified {
        let (rows, pruned_through) = (self.rows, self.pruned_through);
        Verified { rows, ok: true, first_broken: None, reason: None, pruned_through }
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
