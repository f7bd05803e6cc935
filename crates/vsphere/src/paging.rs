//! Counts what the pages of one retrieval bring.
//! Refuses to page for ever: a server that repeats itself, or sends more than there can be, is given up.

use std::collections::HashSet;

use reach::Call;

use crate::{error::Error, parser::Page, value::MoRef};

/// Pages in a row that may bring nothing new. A page without objects is legitimate; a vCenter doesn't send two.
const IDLE_PAGES: u32 = 3;

/// How often each object may come: some servers repeat one.
const REPEATED: usize = 3;

/// What has come so far.
#[derive(Debug)]
pub(crate) struct Paging {
    seen: HashSet<MoRef>,
    came: usize,
    /// The most different objects that may come.
    limit: usize,
    idle: u32,
}

impl Paging {
    pub(crate) fn new(limit: usize) -> Self {
        Self { seen: HashSet::new(), came: 0, limit, idle: 0 }
    }

    /// Takes note of a page, which is an error where it shows that there is no end.
    pub(crate) fn take(&mut self, call: Call, page: &Page, end: u64) -> Result<(), Error> {
        self.came += page.objects.len();
        let known = self.seen.len();
        self.seen.extend(page.objects.iter().map(|object| object.moref.clone()));
        if self.seen.len() > self.limit || self.came > REPEATED * self.limit {
            return Err(Error::TooLarge { call, what: "objects", limit: self.limit as u64 });
        }
        self.idle = if self.seen.len() > known { 0 } else { self.idle + 1 };
        if page.token.is_some() && self.idle >= IDLE_PAGES {
            let detail = format!("{IDLE_PAGES} pages in a row brought no new object");
            return Err(Error::Malformed { call, offset: end, detail });
        }
        Ok(())
    }
}
