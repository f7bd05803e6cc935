//! The commands that say how things are.
//! Refuse to contact anything.

use crate::call::{Admitted, Answer, Handler};
use contract::command::{CountStatus, Counted, Doctor, ListStatus};

impl Handler for ListStatus {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.status().await
    }
}

impl Handler for CountStatus {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let (vcenters, left_out) = call.status_and_left_out().await?;
        Ok(Counted { vcenters, left_out })
    }
}

impl Handler for Doctor {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.doctor().await
    }
}
