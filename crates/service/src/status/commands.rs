//! The commands that say how things are.
//! Refuse to contact anything.

use crate::call::{Admitted, Answer, Handler};
use contract::command::{CountStatus, Counted, DataFolder, Doctor, ListStatus, ShowDataFolder};

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

impl Handler for ShowDataFolder {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let store::Folder { path, bytes, free_bytes } = call.inner.store.folder().await;
        Ok(DataFolder { path: path.display().to_string(), bytes, free_bytes })
    }
}
