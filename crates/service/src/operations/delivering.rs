//! Runs a delivery, which may read what the service knows.
//! Refuses to begin one once the service is gone.

use super::running::{How, Outcome, Watched};
use super::{Operations, Place};
use crate::jobs::Stop;
use crate::{Service, deliveries};
use contract::{OperationState, Progress};
use std::sync::{Arc, Weak};
use store::Claim;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vsphere::Traffic;

impl Operations {
    /// Tells the queue of the service that it belongs to, once.
    pub(crate) fn reads_of(&self, service: &Arc<crate::Inner>) {
        // It is told once; a second one would be the same.
        let _ = self.0.reads.set(Arc::downgrade(service));
    }

    /// Runs a delivery. However that ends, the operation has an outcome afterwards.
    pub(super) async fn deliver(&self, claim: Claim, place: Place, cancel: &CancellationToken) {
        let Some(inner) = Weak::upgrade(self.0.reads.wait().await) else {
            return self.settle(&claim, self.stopped(&claim, Stop::Cancelled), How::default()).await;
        };
        let context = Arc::new(deliveries::Context {
            claim,
            service: Service { inner, act: None },
            place,
            cancel: cancel.clone(),
            progress: watch::channel(Progress { attempts: 1, ..Progress::default() }).0,
        });
        let work = {
            let context = context.clone();
            self.0.tracker.spawn(async move { deliveries::run(&context).await })
        };
        let traffic = Traffic::default;
        let watched =
            Watched { claim: &context.claim, progress: &context.progress, cancel, traffic: &traffic };
        let done = self.watch(&watched, work).await;
        let progress = context.progress.borrow().clone();
        let outcome = match done {
            Ok(delivered) => Outcome {
                state: OperationState::Succeeded,
                error: None,
                contact: None,
                result: serde_json::to_value(&delivered).ok(),
            },
            Err(stop) => Outcome { contact: None, ..self.stopped(&context.claim, stop) },
        };
        self.settle(&context.claim, outcome, How { progress, ..How::default() }).await;
    }
}
