//! Which objects of a kind there are, and that the session which says so is ours.
//! Refuses to have more calls in flight than the server takes well: each of these takes its turn, too.

use super::read::{Failed, Reader};
use super::retry;
use super::slots::{Slot, lacks_collector};
use crate::explain;
use contract::Kind;
use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use vsphere::{Error, MoRef, View};

/// How often a call is made again because the collector it was to go through is gone.
pub(super) const BUSY: u32 = 4;

/// All that giving back what the server holds for a pass may take.
const CLOSING: Duration = Duration::from_secs(3);

impl<'a> Reader<'a> {
    /// Opens a view of each root, or of everything.
    pub(super) async fn views(&self, kind: Kind, roots: &[MoRef]) -> Result<Vec<Arc<View>>, Failed> {
        let roots = if roots.is_empty() { vec![None] } else { roots.iter().map(Some).collect() };
        let mut views = Vec::new();
        for root in roots {
            let mut put_off = 0;
            let view = loop {
                let slot = self.slot().await?;
                let view = View::open(self.session, kind.object_type(), root);
                let view = self.context.or_cancelled(view).await?;
                if let Some(view) = self.unless_busy(slot, view, &mut put_off).await? {
                    break Arc::new(view);
                }
            };
            self.open().push(view.clone());
            views.push(view);
        }
        Ok(views)
    }

    /// What the views list now of this kind, and whether the root folder came with each of the lists.
    pub(super) async fn list(
        &self,
        kind: Kind,
        views: &[Arc<View>],
    ) -> Result<(BTreeSet<MoRef>, bool), Failed> {
        let (mut listed, mut root_came) = (BTreeSet::new(), true);
        for view in views {
            let mut put_off = 0;
            let listing = loop {
                let slot = self.slot().await?;
                let listing = self.context.or_cancelled(view.list(slot.collector())).await?;
                if let Some(listing) = self.unless_busy(slot, listing, &mut put_off).await? {
                    break listing;
                }
            };
            root_came &= listing.root_came;
            listed.extend(listing.members.into_iter().filter(|moref| is_of(kind, &moref.kind)));
        }
        Ok((listed, root_came))
    }

    /// Shows that the session is still ours and still sees the root of the inventory.
    pub(super) async fn prove_session(&self) -> Result<(), Failed> {
        let (root, mut put_off) = ([self.session.root_folder().clone()], 0);
        loop {
            let slot = self.slot().await?;
            let seen = self.session.retrieve(&root, "Folder", &["name"]);
            let seen = self.context.or_cancelled(seen).await?;
            match self.unless_busy(slot, seen, &mut put_off).await?.as_deref() {
                Some([one]) if one.moref == root[0] => return Ok(()),
                Some(_) => return Err(Failed::RootUnread),
                None => {}
            }
        }
    }

    /// Room for a call, when there is some.
    pub(super) async fn slot(&self) -> Result<Slot<'_>, Failed> {
        let mut put_off = 0;
        loop {
            match self.context.or_cancelled(self.slots.take()).await? {
                Ok(slot) => return Ok(slot),
                Err(error) => self.put_off(error, &mut put_off).await?,
            }
        }
    }

    /// The answer; nothing where the server had no room for the call, which then is to be made again.
    async fn unless_busy<T>(
        &self,
        mut slot: Slot<'_>,
        answer: Result<T, Error>,
        put_off: &mut u32,
    ) -> Result<Option<T>, Failed> {
        let error = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        if lacks_collector(&error) && *put_off < BUSY {
            slot.discard();
            *put_off += 1;
            return Ok(None);
        }
        drop(slot);
        self.put_off(error, put_off).await.map(|()| None)
    }

    /// Puts a call off, if the server only has no room for it, or its connection was cut, and not too often.
    async fn put_off(&self, error: Error, put_off: &mut u32) -> Result<(), Failed> {
        match error {
            Error::HttpStatus { retry_after, .. } if error.is_transient() => {
                self.pause(*put_off, retry_after, error).await?;
                *put_off += 1;
                Ok(())
            }
            error if error.is_cut_off() => {
                // The session made it a second time at once.
                let tries = *put_off + 2;
                self.context.tries.took(tries);
                self.pause(tries - 1, None, error).await?;
                *put_off = tries;
                Ok(())
            }
            error => Err(error.into()),
        }
    }

    /// Waits for a server that has no room, or isn't there: as long as it says, or longer each time. Fails with what it said
    /// where that was too often, or for too long.
    pub(super) async fn pause(
        &self,
        put_off: u32,
        after: Option<Duration>,
        error: Error,
    ) -> Result<(), Failed> {
        self.slots.throttle();
        // What is asked again within a pass is a try of the whole, and told as one.
        let failed = explain::vsphere(&self.context.vcenter, &error);
        self.context.steps.failed(self.context.attempt() + put_off, &failed);
        let wait = retry::pause(put_off + 1, after).filter(|_| self.context.tries.may_again(put_off));
        match wait {
            Some(wait) => Ok(self.context.or_cancelled(tokio::time::sleep(wait)).await?),
            None => Err(error.into()),
        }
    }

    /// Gives back what the server holds for this pass, as far as it lets us: it all dies with the session anyway.
    pub(super) async fn close(&self) {
        let views = std::mem::take(&mut *self.open());
        let closing = async {
            let close = async |view: &Arc<View>| {
                let _slot = self.slots.take().await;
                view.close().await;
            };
            futures_util::future::join_all(views.iter().map(close)).await;
            self.slots.close().await;
        };
        let in_time = tokio::time::timeout(CLOSING, closing);
        if !matches!(self.context.or_cancelled(in_time).await, Ok(Ok(()))) {
            tracing::debug!("views and collectors are left to end with their session");
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<Arc<View>>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an object of this type belongs to a kind: its subtypes do, but those that are a kind of their own.
fn is_of(kind: Kind, object_type: &str) -> bool {
    Kind::of_object_type(object_type).is_none_or(|own| own == kind)
}
