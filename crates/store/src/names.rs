//! Names that are given once, without regard to case.
//! Refuses to correct a name: the service does before it comes here.

use crate::engine::DbConnection;
use crate::error::{Attempt, During, Error};
use crate::row;

/// Whose names are to differ from one another.
#[derive(Clone, Copy)]
pub(crate) enum Among {
    Credentials,
    Destinations,
    Policies,
    Schedules,
    Vcenters,
}

/// Fails if another one than `own` has this name.
pub(crate) async fn is_free(
    tx: &mut DbConnection,
    among: Among,
    name: &str,
    own: &str,
    attempt: Attempt<'_>,
) -> Result<(), Error> {
    let sql = match among {
        Among::Credentials => "SELECT EXISTS (SELECT 1 FROM credentials WHERE name_key = $1 AND id <> $2)",
        Among::Destinations => "SELECT EXISTS (SELECT 1 FROM destinations WHERE name_key = $1 AND id <> $2)",
        Among::Policies => "SELECT EXISTS (SELECT 1 FROM policies WHERE name_key = $1 AND id <> $2)",
        Among::Schedules => "SELECT EXISTS (SELECT 1 FROM schedules WHERE name_key = $1 AND id <> $2)",
        Among::Vcenters => "SELECT EXISTS (SELECT 1 FROM vcenters WHERE name_key = $1 AND id <> $2)",
    };
    let taken: bool =
        sqlx::query_scalar(sql).bind(row::name_key(name)).bind(own).fetch_one(tx).await.during(attempt)?;
    if taken { Err(Error::NameTaken { name: name.to_owned() }) } else { Ok(()) }
}
