//! The edition of something that is edited: who edits an older one is told.
//! Refuses to raise it: whoever writes the edit does.

use crate::engine::Tx;
use crate::error::{Attempt, During, Error};

/// Fails unless the edition that a query reads of an id is the one that an edit was made from.
pub(crate) async fn is_current(
    tx: &mut Tx,
    query: &'static str,
    (what, id): (&'static str, &str),
    made_from: i64,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let stored: Option<i64> =
        sqlx::query_scalar(query).bind(id).fetch_optional(&mut **tx).await.during(attempt)?;
    match stored {
        None => Err(Error::NotFound { what, id: id.to_owned() }),
        Some(edition) if edition != made_from => Err(Error::Stale { id: id.to_owned(), made_from, edition }),
        Some(_) => Ok(()),
    }
}
