//! Work that takes milliseconds, off the threads that other calls wait for.
//! Refuses to hide a panic: it goes on in the one who asked for the work.

use crate::engine::DbRow;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;

/// Rows at a time: some milliseconds of hashing and parsing.
const BATCH: usize = 500;

/// Does this on a thread for such work.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime ends, and whoever waits here with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// What every row says, in their order.
pub(crate) async fn read_rows<T: Send + 'static>(
    rows: BoxStream<'_, Result<DbRow, sqlx::Error>>,
    read: impl Fn(&DbRow) -> T + Send + Sync + 'static,
) -> Result<Vec<T>, sqlx::Error> {
    let (mut batches, read, mut all) = (rows.chunks(BATCH), Arc::new(read), Vec::new());
    while let Some(batch) = batches.next().await {
        let batch = batch.into_iter().collect::<Result<Vec<DbRow>, _>>()?;
        let read = read.clone();
        all.extend(aside(move || batch.iter().map(&*read).collect::<Vec<T>>()).await);
    }
    Ok(all)
}
