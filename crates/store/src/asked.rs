//! Keeps when single objects were asked for, where coverage doesn't say it.
//! Refuses to keep it for longer than somebody may need it: a vCenter of 30,000 VMs would have a row for each.

use crate::engine::{Db, Tx};
use crate::pass::Pass;
use crate::publish::Move;
use crate::revision;
use contract::{Kind, Moref, Time};
use sqlx::QueryBuilder;

/// Rows that are written at once: five parameters each.
const AT_ONCE: usize = 1_000;

/// Notes when the objects of a pass were asked for. Beside another reading all of them, so that it can compare whichever it
/// has; else those whose age their kind doesn't say.
pub(crate) async fn write(tx: &mut Tx, this: &Move<'_>, pass: &Pass) -> Result<(), sqlx::Error> {
    let is_alone = !others_read(tx, this).await?;
    if is_alone {
        revision::forget(tx, this.claim.vcenter_id(), Time(this.at)).await?;
        drop_covered(tx, this, pass).await?;
    } else {
        confirm_gone(tx, this, pass).await?;
    }
    let times: Vec<(Kind, &Moref, Time)> = pass
        .objects
        .iter()
        .filter(|object| !is_alone || !pass.covers(object))
        .filter_map(|object| Some((object.kind, &object.moref, pass.asked.of(object.kind, &object.moref)?)))
        .collect();
    for chunk in times.chunks(AT_ONCE) {
        let mut insert =
            QueryBuilder::<Db>::new("INSERT INTO asked (vcenter_id, kind, moref, asked_at, revision) ");
        insert.push_values(chunk, |mut values, (kind, moref, at)| {
            values
                .push_bind(this.vcenter())
                .push_bind(kind.name())
                .push_bind(&***moref)
                .push_bind(at.0)
                .push_bind(this.revision.number);
        });
        // Of two that overlapped the later one stays; one that was published before is earlier, whatever a clock said.
        insert.push(
            " ON CONFLICT (vcenter_id, kind, moref) DO UPDATE SET asked_at = excluded.asked_at, \
             revision = excluded.revision WHERE asked.asked_at <= excluded.asked_at OR asked.revision <= ",
        );
        insert.push_bind(this.base);
        insert.build().execute(&mut **tx).await?;
    }
    drop_orphans(tx, this).await
}

/// Whether another operation may be reading this vCenter: what it asked for is not published yet.
async fn others_read(tx: &mut Tx, this: &Move<'_>) -> Result<bool, sqlx::Error> {
    const RUNNING: &str = "SELECT EXISTS (SELECT 1 FROM operations WHERE vcenter_id = $1 AND id <> $2 \
                           AND state = 'running' AND kind <> 'test')";
    sqlx::query_scalar(RUNNING)
        .bind(this.vcenter())
        .bind(this.claim.operation.id.as_str())
        .fetch_one(&mut **tx)
        .await
}

/// Drops the times of objects whose kind says it now.
async fn drop_covered(tx: &mut Tx, this: &Move<'_>, pass: &Pass) -> Result<(), sqlx::Error> {
    for kind in &pass.whole {
        sqlx::query(
            "DELETE FROM asked WHERE vcenter_id = $1 AND kind = $2 AND (revision <= $3 OR asked_at <= $4)",
        )
        .bind(this.vcenter())
        .bind(kind.name())
        .bind(this.base)
        .bind(pass.synced_at.0)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Notes of objects that are gone already that this pass found so too, for who asked for them earlier and publishes later.
async fn confirm_gone(tx: &mut Tx, this: &Move<'_>, pass: &Pass) -> Result<(), sqlx::Error> {
    // What this pass found all the same was asked for after the list, and came back or is gone since.
    const OF_A_KIND: &str = "UPDATE tombstones SET asked_at = $3, revision = $4 WHERE vcenter_id = $1 AND kind = $2 \
                             AND revision > $5 AND revision < $4 AND asked_at < $3";
    for kind in &pass.whole {
        sqlx::query(OF_A_KIND)
            .bind(this.vcenter())
            .bind(kind.name())
            .bind(pass.asked.absence(*kind, "", None).0)
            .bind(this.revision.number)
            .bind(this.base)
            .execute(&mut **tx)
            .await?;
    }
    // Also of objects that nobody has known yet.
    const ONE: &str = "INSERT INTO tombstones (vcenter_id, kind, moref, revision, asked_at, gone_at) \
                       SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM objects \
                       WHERE vcenter_id = $1 AND kind = $2 AND moref = $3) \
                       ON CONFLICT (vcenter_id, kind, moref) DO UPDATE SET \
                       revision = excluded.revision, asked_at = excluded.asked_at \
                       WHERE tombstones.revision <= $7 OR tombstones.asked_at < excluded.asked_at";
    for (kind, moref) in &pass.gone {
        sqlx::query(ONE)
            .bind(this.vcenter())
            .bind(kind.name())
            .bind(&**moref)
            .bind(this.revision.number)
            .bind(pass.asked.absence(*kind, moref, None).0)
            .bind(this.at)
            .bind(this.base)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Drops the times of objects that are gone.
async fn drop_orphans(tx: &mut Tx, this: &Move<'_>) -> Result<(), sqlx::Error> {
    const ORPHANS: &str = "DELETE FROM asked WHERE vcenter_id = $1 AND NOT EXISTS (SELECT 1 FROM objects o \
                           WHERE o.vcenter_id = asked.vcenter_id AND o.kind = asked.kind AND o.moref = asked.moref)";
    sqlx::query(ORPHANS).bind(this.vcenter()).execute(&mut **tx).await.map(|_| ())
}
