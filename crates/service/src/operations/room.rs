//! How many operations run in this process at once.
//! Refuses to count who only waits: for a login, a keychain, a slow connection, the next try.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// What takes longer than this is waited for.
const AT_ONCE: Duration = Duration::from_millis(250);

/// The room of this process. Clones are the same.
#[derive(Clone)]
pub(crate) struct Room {
    all: Arc<Semaphore>,
    /// Rung when there is room again.
    freed: watch::Sender<()>,
}

/// The room of one operation, which it gives back when it ends.
pub(crate) struct Place {
    room: Room,
    own: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Room {
    pub(crate) fn new(operations: usize, freed: watch::Sender<()>) -> Room {
        Room { all: Arc::new(Semaphore::new(operations)), freed }
    }

    /// How many more operations may run.
    pub(super) fn free(&self) -> usize {
        self.all.available_permits()
    }

    /// Room for one more; none if that is as much as there is.
    pub(crate) fn take(&self) -> Option<Place> {
        let own = self.all.clone().try_acquire_owned().ok()?;
        Some(Place { room: self.clone(), own: Mutex::new(Some(own)) })
    }
}

impl Place {
    /// Waits for something, and takes no room for as long as that isn't done at once.
    pub(crate) async fn apart<T>(&self, waiting: impl Future<Output = T>) -> T {
        // A login and all below it: too much to be part of every job.
        let mut waiting = Box::pin(waiting);
        if let Ok(done) = tokio::time::timeout(AT_ONCE, &mut waiting).await {
            return done;
        }
        self.put(None);
        self.room.freed.send_replace(());
        let done = waiting.await;
        // It is never closed.
        self.put(self.room.all.clone().acquire_owned().await.ok());
        done
    }

    fn put(&self, own: Option<OwnedSemaphorePermit>) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = own;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_long_leaves_room_and_takes_it_again_when_there_is_some() {
        let freed = watch::Sender::new(());
        let mut told = freed.subscribe();
        let room = Room::new(1, freed);
        let place = room.take().unwrap();
        assert!(room.take().is_none());
        place.apart(sleep(AT_ONCE / 2)).await;
        assert!(room.take().is_none(), "that was done at once");
        let mut waiting = tokio::task::JoinSet::new();
        waiting.spawn(async move {
            place.apart(sleep(Duration::from_secs(10))).await;
            (place, Instant::now())
        });
        told.changed().await.unwrap();
        let other = room.take().unwrap();
        sleep(Duration::from_secs(20)).await;
        let freed_at = Instant::now();
        drop(other);
        let (place, went_on) = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(went_on, freed_at, "not before there was room");
        assert_eq!(room.free(), 0);
        drop(place);
        assert_eq!(room.free(), 1);
    }
}
