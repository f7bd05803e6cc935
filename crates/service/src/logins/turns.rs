//! Who may send a password next: a proven one beside one other login with the same credential, any other one alone.
//! Refuses to let a server that doesn't answer hold up the others for longer than its head start, and more than three logins
//! with one credential at a time, over all processes: vCenter locks an account after five failures.

use crate::explain;
use contract::{ApiError, CredentialId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{LoginTurn, Store};

/// How long a server may take to answer a login before the next vCenter is tried: a directory that is slow takes some
/// seconds to reject one.
const HEAD_START: Duration = Duration::from_secs(15);

/// How often a login that took longer looks whether it may let the next one go first.
const AGAIN: Duration = Duration::from_millis(500);

/// One waits for the other processes, the others of this process for that one: in the order in which they came.
type Queue = Arc<tokio::sync::Mutex<()>>;

/// Hands out turns. Clones are the same.
#[derive(Clone)]
pub(crate) struct Turns {
    store: Store,
    queues: Arc<Mutex<HashMap<CredentialId, Queue>>>,
}

impl Turns {
    pub(super) fn new(store: Store) -> Turns {
        Turns { store, queues: Arc::default() }
    }

    /// Waits for a turn; it ends when it is dropped, and so does the wait.
    pub(crate) async fn wait(&self, credential: &CredentialId, alone: bool) -> Result<LoginTurn, ApiError> {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            queues.entry(credential.clone()).or_default().clone()
        };
        let _next = queue.lock().await;
        self.store.login_turn(credential, alone).await.map_err(explain::store)
    }
}

/// Waits for the answer to a login. Once that has had its head start, the next one may have its turn; what is left of it ends
/// when it is dropped, after the answer was noted.
pub(crate) async fn answer_of<T>(login: impl Future<Output = T>, turn: &mut LoginTurn) -> T {
    let mut login = std::pin::pin!(login);
    if let Ok(answer) = tokio::time::timeout(HEAD_START, &mut login).await {
        return answer;
    }
    loop {
        match turn.give_way() {
            Ok(false) => {}
            Ok(true) => return login.await,
            Err(error) => {
                tracing::warn!(%error, "a login that waits for its server keeps its turn");
                return login.await;
            }
        }
        if let Ok(answer) = tokio::time::timeout(AGAIN, &mut login).await {
            return answer;
        }
    }
}
