//! BMCs that discovery found, what people said of their servers, and the credentials that may be tried there.
//! Refuses to know what a BMC told: that is a document, which the service makes and reads.

use crate::Store;
use crate::audit::Entry;
use crate::changes::Topic;
use crate::engine::{DbRow, Tx};
use crate::error::{During, Error};
use crate::row;
use contract::discovery::{Approval, Vendor};
use contract::{ApiError, Certificate, CredentialId, Moref, ServerId, Subject, Time, Trust, VcenterId, Way};
use serde_json::{Value, json};
use sqlx::Row;

/// Rejections in a row after which a profile is tried nowhere.
const PAUSED_AFTER: i64 = 2;

/// When a BMC last answered that never did.
const NEVER: i64 = 0;

/// A BMC.
#[derive(Clone, Debug, PartialEq)]
pub struct Bmc {
    /// Its id: a UUID of ours.
    pub id: String,
    /// DNS name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The way that leads there.
    pub way: Way,
    /// How its certificate is trusted; `None` while nobody approved it.
    pub trust: Option<Trust>,
    /// What it showed last.
    pub certificate: Option<Certificate>,
    /// What it says without a login.
    pub root: Value,
    /// Its systems, as they were read last.
    pub systems: Value,
    /// When it was first found.
    pub found_at: Time,
    /// When it last answered; `None` while it never did.
    pub seen_at: Option<Time>,
    /// When it was last read.
    pub read_at: Option<Time>,
    /// Why it could not be read last time.
    pub problem: Option<ApiError>,
    /// What it was last read with.
    pub credential_id: Option<CredentialId>,
    /// What a person chose for it; `None` for the profile that fits it.
    pub chosen: Option<CredentialId>,
    /// When it rejected a login, until it accepts one or user or password are others.
    pub rejected_at: Option<Time>,
    /// Of which credential.
    pub rejected_by: Option<CredentialId>,
}

/// What a person said of a server and an ESXi host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The BMC.
    pub bmc: String,
    /// Which of its systems; "" for the only one.
    pub system: String,
    /// The host's vCenter.
    pub vcenter: VcenterId,
    /// The host.
    pub moref: Moref,
    /// Whether they are one machine.
    pub is_match: bool,
}

/// A credential that may be tried at BMCs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BmcProfile {
    /// The credential.
    pub credential: CredentialId,
    /// Only at those of this vendor.
    pub vendor: Option<Vendor>,
    /// When a BMC last accepted it as it is now.
    pub proven_at: Option<Time>,
    /// When it was paused because BMCs rejected it.
    pub paused_at: Option<Time>,
    /// Which user and password it is.
    pub edition: i64,
    /// BMCs in a row that rejected it.
    pub rejections: i64,
}

/// What is written of a BMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It was not known before.
    Found,
    /// It was known, and looked at.
    Looked,
    /// It was known, and a login was sent.
    LoggedIn,
}

/// What a BMC said of a profile.
#[derive(Clone, Copy, Debug)]
pub struct ProfileWas {
    /// The user and password that were sent.
    pub edition: i64,
    /// Whether it accepted them.
    pub is_accepted: bool,
    /// Whether it had accepted them before.
    pub was_read_with_it: bool,
    /// When.
    pub at: Time,
}

impl Store {
    /// Every BMC that can be read, by where it is.
    pub async fn bmcs(&self) -> Result<Vec<Bmc>, Error> {
        let attempt = self.attempt("reading the servers");
        let rows = sqlx::query("SELECT * FROM bmcs ORDER BY host, port")
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("a server is left out", &rows, bmc))
    }

    /// The BMC at an address, as it is known now.
    pub async fn bmc_at(&self, host: &str, port: u16) -> Result<Option<Bmc>, Error> {
        let attempt = self.attempt("reading a server");
        let rows = sqlx::query("SELECT * FROM bmcs WHERE host = $1 AND port = $2")
            .bind(host)
            .bind(i64::from(port))
            .fetch_all(self.engine().readers())
            .await
            .during(attempt)?;
        Ok(row::readable("a server is left out", &rows, bmc).pop())
    }

    /// Writes what was found or read. One that is there already keeps its id, how it is trusted, what was chosen for it, and since
    /// when it is known; and without a login, what came of the last one. One that was known and isn't any more was removed
    /// meanwhile, and does not come back.
    pub async fn save_bmc(&self, one: &Bmc, saved: Saved) -> Result<(), Error> {
        let attempt = self.attempt("saving a server");
        let mut tx = self.engine().write(attempt).await?;
        const KNOWN: &str = "SELECT 1 FROM bmcs WHERE id = $1";
        if saved != Saved::Found {
            let known = sqlx::query(KNOWN).bind(&one.id).fetch_optional(&mut *tx);
            if known.await.during(attempt)?.is_none() {
                return Ok(());
            }
        }
        save(&mut tx, one, saved).await.during(attempt)?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Adds a BMC that a person named; false if one is known by this address already, which then stays as it is.
    pub async fn add_bmc(&self, one: &Bmc) -> Result<bool, Error> {
        let attempt = self.attempt("adding a server");
        let mut tx = self.engine().write(attempt).await?;
        const AT: &str = "SELECT 1 FROM bmcs WHERE host = $1 AND port = $2";
        let known = sqlx::query(AT).bind(&one.host).bind(i64::from(one.port)).fetch_optional(&mut *tx);
        if known.await.during(attempt)?.is_some() {
            return Ok(false);
        }
        save(&mut tx, one, Saved::Found).await.during(attempt)?;
        let subject = Subject::server(&ServerId(one.id.clone())).named(&one.host);
        let after = json!({ "host": one.host, "port": one.port, "credential_id": one.chosen });
        self.record(&mut tx, Entry::done(subject).after(&after), attempt).await?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(true)
    }

    /// Writes that a credential is about to be sent to a BMC, before it is: until its answer is known it counts as rejected.
    /// False if the BMC was removed meanwhile.
    pub async fn begin_login(
        &self,
        bmc: &Bmc,
        credential: &CredentialId,
        at: Time,
        meanwhile: &ApiError,
    ) -> Result<bool, Error> {
        let attempt = self.attempt_on("noting a login at server", &bmc.host);
        let mut tx = self.engine().write(attempt).await?;
        let begun = sqlx::query(
            "UPDATE bmcs SET rejected_at = $1, rejected_by = (SELECT id FROM credentials WHERE id = $2), problem = $3 \
             WHERE id = $4",
        )
        .bind(at.0)
        .bind(credential.as_str())
        .bind(row::json(meanwhile).during(attempt)?)
        .bind(&bmc.id)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(begun.rows_affected() > 0)
    }

    /// Has a BMC logged in to with this credential: it has not rejected that yet. False if it was removed meanwhile.
    pub async fn choose(
        &self,
        bmc: &Bmc,
        credential: &CredentialId,
        since: &ApiError,
    ) -> Result<bool, Error> {
        let attempt = self.attempt_on("choosing a credential for server", &bmc.host);
        let mut tx = self.engine().write(attempt).await?;
        const CHOSEN: &str = "UPDATE bmcs SET chosen_id = $1, rejected_at = NULL, rejected_by = NULL, problem = $2 WHERE id = $3";
        let chosen = sqlx::query(CHOSEN)
            .bind(credential.as_str())
            .bind(row::json(since).during(attempt)?)
            .bind(&bmc.id)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        if chosen.rows_affected() == 0 {
            return Ok(false);
        }
        let subject = Subject::server(&ServerId(bmc.id.clone())).named(&bmc.host);
        let entry = Entry::done(subject)
            .before(&json!({ "credential_id": bmc.chosen }))
            .after(&json!({ "credential_id": credential }));
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(true)
    }

    /// Trusts certificates that somebody looked at. One that is another by now is not; answers with those BMCs that are
    /// trusted.
    pub async fn approve(&self, approvals: &[(String, Approval)]) -> Result<Vec<String>, Error> {
        let attempt = self.attempt("approving certificates");
        let mut tx = self.engine().write(attempt).await?;
        let mut approved = Vec::new();
        for (bmc, approval) in approvals {
            let trust = Trust::Pin { sha256: approval.sha256.clone() };
            let set = sqlx::query(
                "UPDATE bmcs SET trust = $1, problem = NULL WHERE id = $2 AND json_extract(certificate, '$.sha256') = $3",
            )
            .bind(row::json(&trust).during(attempt)?)
            .bind(bmc)
            .bind(&approval.sha256);
            if set.execute(&mut *tx).await.during(attempt)?.rows_affected() == 0 {
                continue;
            }
            let subject = named(&mut tx, bmc, &approval.server).await.during(attempt)?;
            let entry = Entry::done(subject).after(&json!({ "trust": trust }));
            self.record(&mut tx, entry, attempt).await?;
            approved.push(bmc.clone());
        }
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(approved)
    }

    /// Forgets BMCs, with what people said of their servers; answers with how many went.
    pub async fn remove_bmcs(&self, ids: &[(String, ServerId)]) -> Result<u64, Error> {
        let attempt = self.attempt("removing servers");
        let mut tx = self.engine().write(attempt).await?;
        let mut gone = 0;
        for (bmc, server) in ids {
            let deleted = sqlx::query("DELETE FROM bmcs WHERE id = $1 RETURNING host").bind(bmc);
            let Some(deleted) = deleted.fetch_optional(&mut *tx).await.during(attempt)? else { continue };
            let subject = Subject::server(server).named(&row::shown(&deleted, "host"));
            self.record(&mut tx, Entry::done(subject), attempt).await?;
            gone += 1;
        }
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(gone)
    }

    /// What people said of servers and hosts.
    pub async fn said(&self) -> Result<Vec<Said>, Error> {
        let attempt = self.attempt("reading what was said of servers");
        let rows = sqlx::query(
            "SELECT d.* FROM server_decisions d JOIN vcenters v ON v.id = d.vcenter_id AND v.removed_at IS NULL",
        )
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("what was said of a server is left out", &rows, said))
    }

    /// Writes what a person said. Who says that a server is one host says no more that it is another.
    pub async fn say(&self, said: &Said, server: &ServerId, by: &str, at: Time) -> Result<(), Error> {
        let attempt = self.attempt_on("saving what was said of server", server.as_str());
        let mut tx = self.engine().write(attempt).await?;
        if said.is_match {
            sqlx::query("DELETE FROM server_decisions WHERE bmc_id = $1 AND system = $2 AND is_match = 1")
                .bind(&said.bmc)
                .bind(&said.system)
                .execute(&mut *tx)
                .await
                .during(attempt)?;
        }
        sqlx::query(
            "INSERT INTO server_decisions (bmc_id, system, vcenter_id, moref, is_match, at, made_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (bmc_id, system, vcenter_id, moref) \
             DO UPDATE SET is_match = excluded.is_match, at = excluded.at, made_by = excluded.made_by",
        )
        .bind(&said.bmc)
        .bind(&said.system)
        .bind(said.vcenter.as_str())
        .bind(&*said.moref)
        .bind(said.is_match)
        .bind(at.0)
        .bind(by)
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        let word = if said.is_match { "match" } else { "no_match" };
        let after = json!({ word: { "vcenter": said.vcenter, "host_moref": said.moref } });
        let subject = named(&mut tx, &said.bmc, server).await.during(attempt)?;
        self.record(&mut tx, Entry::done(subject).after(&after), attempt).await?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Takes back that a server is a host, or else that it is not some others; answers with how much that was.
    pub async fn unsay(
        &self,
        bmc: &str,
        system: &str,
        server: &ServerId,
        is_match: bool,
    ) -> Result<u64, Error> {
        let attempt = self.attempt_on("taking back what was said of server", server.as_str());
        let mut tx = self.engine().write(attempt).await?;
        const SAID: &str = "DELETE FROM server_decisions WHERE bmc_id = $1 AND system = $2 AND is_match = $3";
        let deleted = sqlx::query(SAID)
            .bind(bmc)
            .bind(system)
            .bind(is_match)
            .execute(&mut *tx)
            .await
            .during(attempt)?
            .rows_affected();
        let subject = named(&mut tx, bmc, server).await.during(attempt)?;
        let word = if is_match { "match" } else { "no_match" };
        let entry = Entry::done(subject).after(&json!({ word: null }));
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(deleted)
    }

    /// The credentials that may be tried at BMCs.
    pub async fn bmc_profiles(&self) -> Result<Vec<BmcProfile>, Error> {
        let attempt = self.attempt("reading credential profiles");
        let rows = sqlx::query(
            "SELECT p.* FROM bmc_profiles p JOIN credentials c ON c.id = p.credential_id AND c.removed_at IS NULL \
             ORDER BY c.name_key",
        )
        .fetch_all(self.engine().readers())
        .await
        .during(attempt)?;
        Ok(row::readable("a credential profile is left out", &rows, profile))
    }

    /// Has a credential tried at BMCs, as if it had not been tried yet.
    pub async fn set_bmc_profile(&self, id: &CredentialId, vendor: Option<Vendor>) -> Result<(), Error> {
        let attempt = self.attempt_on("saving the profile of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query(
            "INSERT INTO bmc_profiles (credential_id, vendor) VALUES ($1, $2) ON CONFLICT (credential_id) \
             DO UPDATE SET vendor = excluded.vendor, proven_at = NULL, rejections = 0, paused_at = NULL, edition = edition + 1",
        )
        .bind(id.as_str())
        .bind(vendor.map(Vendor::name))
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        let after = json!({ "profile": { "vendor": vendor } });
        self.record(&mut tx, Entry::done(Subject::credential(id)).after(&after), attempt).await?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Has a credential tried at no BMC any more; false if it was at none.
    pub async fn remove_bmc_profile(&self, id: &CredentialId) -> Result<bool, Error> {
        let attempt = self.attempt_on("removing the profile of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let deleted = sqlx::query("DELETE FROM bmc_profiles WHERE credential_id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .during(attempt)?
            .rows_affected();
        let entry = Entry::done(Subject::credential(id)).after(&json!({ "profile": null }));
        self.record(&mut tx, entry, attempt).await?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)?;
        Ok(deleted > 0)
    }

    /// Notes what a BMC said of a profile. One that no BMC accepted yet is paused by the second rejection in a row. One that is
    /// proven goes on: new machines with factory passwords must not stop it; those that accepted it before do. What was said of
    /// another edition is nothing.
    pub async fn profile_was(&self, id: &CredentialId, was: ProfileWas) -> Result<(), Error> {
        let ProfileWas { edition, is_accepted, was_read_with_it, at } = was;
        let attempt = self.attempt_on("noting what a BMC said of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        let statement = match is_accepted {
            true => {
                "UPDATE bmc_profiles SET proven_at = $2, rejections = 0, paused_at = NULL \
                 WHERE credential_id = $1 AND edition = $4"
            }
            false => {
                "UPDATE bmc_profiles SET rejections = rejections + 1, paused_at = CASE WHEN rejections + 1 >= $3 \
                 THEN COALESCE(paused_at, $2) ELSE paused_at END \
                 WHERE credential_id = $1 AND edition = $4 AND (proven_at IS NULL OR $5)"
            }
        };
        sqlx::query(statement)
            .bind(id.as_str())
            .bind(at.0)
            .bind(PAUSED_AFTER)
            .bind(edition)
            .bind(was_read_with_it)
            .execute(&mut *tx)
            .await
            .during(attempt)?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }

    /// Another user or password was set: what BMCs said of the one before says nothing of it. Those that rejected it have `since`
    /// in its place.
    pub async fn profile_is_new(&self, id: &CredentialId, since: &ApiError) -> Result<(), Error> {
        let attempt = self.attempt_on("resetting the profile of credential", id.as_str());
        let mut tx = self.engine().write(attempt).await?;
        sqlx::query(
            "UPDATE bmc_profiles SET proven_at = NULL, rejections = 0, paused_at = NULL, edition = edition + 1 \
             WHERE credential_id = $1",
        )
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        sqlx::query(
            "UPDATE bmcs SET problem = $1, rejected_at = NULL, rejected_by = NULL WHERE rejected_by = $2",
        )
        .bind(row::json(since).during(attempt)?)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .during(attempt)?;
        self.note(&mut tx, Topic::Servers, "").await.during(attempt)?;
        tx.commit().await.during(attempt)
    }
}

/// A server with the address of its BMC, which says more than its id once it is gone.
async fn named(tx: &mut Tx, bmc: &str, server: &ServerId) -> Result<Subject, sqlx::Error> {
    let host = sqlx::query("SELECT host FROM bmcs WHERE id = $1").bind(bmc).fetch_optional(&mut **tx).await?;
    let subject = Subject::server(server);
    Ok(match host {
        Some(row) => subject.named(&row::shown(&row, "host")),
        None => subject,
    })
}

async fn save(tx: &mut Tx, one: &Bmc, saved: Saved) -> Result<(), sqlx::Error> {
    // What a person changed while a login was under way is no longer rejected.
    sqlx::query(
        "INSERT INTO bmcs (id, host, port, way, trust, certificate, root, systems, found_at, seen_at, read_at, problem, \
         credential_id, rejected_at, rejected_by, chosen_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, (SELECT id FROM credentials WHERE id = $13), $14, \
         (SELECT id FROM credentials WHERE id = $15), (SELECT id FROM credentials WHERE id = $16)) ON CONFLICT (host, port) \
         DO UPDATE SET way = excluded.way, trust = COALESCE(bmcs.trust, excluded.trust), certificate = excluded.certificate, \
         root = excluded.root, systems = excluded.systems, seen_at = excluded.seen_at, read_at = excluded.read_at, \
         problem = excluded.problem, \
         credential_id = CASE WHEN $17 THEN excluded.credential_id ELSE bmcs.credential_id END, \
         rejected_at = CASE WHEN $17 AND bmcs.rejected_at IS NOT NULL THEN excluded.rejected_at ELSE bmcs.rejected_at END, \
         rejected_by = CASE WHEN $17 AND bmcs.rejected_at IS NOT NULL THEN excluded.rejected_by ELSE bmcs.rejected_by END",
    )
    .bind(&one.id)
    .bind(&one.host)
    .bind(i64::from(one.port))
    .bind(row::json(&one.way)?)
    .bind(one.trust.as_ref().map(row::json).transpose()?)
    .bind(one.certificate.as_ref().map(row::json).transpose()?)
    .bind(row::json(&one.root)?)
    .bind(row::json(&one.systems)?)
    .bind(one.found_at.0)
    .bind(one.seen_at.map_or(NEVER, |time| time.0))
    .bind(one.read_at.map(|time| time.0))
    .bind(one.problem.as_ref().map(row::json).transpose()?)
    .bind(one.credential_id.as_ref().map(CredentialId::as_str))
    .bind(one.rejected_at.map(|time| time.0))
    .bind(one.rejected_by.as_ref().map(CredentialId::as_str))
    .bind(one.chosen.as_ref().map(CredentialId::as_str))
    .bind(saved == Saved::LoggedIn)
    .execute(&mut **tx)
    .await
    .map(drop)
}

fn bmc(row: &DbRow) -> Result<Bmc, sqlx::Error> {
    let port: i64 = row.try_get("port")?;
    let text = |column: &str| row.try_get::<Option<&str>, _>(column);
    Ok(Bmc {
        id: row.try_get("id")?,
        host: row.try_get("host")?,
        port: u16::try_from(port).map_err(|error| sqlx::Error::Decode(error.into()))?,
        way: row::from_json(row.try_get("way")?)?,
        trust: text("trust")?.map(row::from_json).transpose()?,
        certificate: text("certificate")?.map(row::from_json).transpose()?,
        root: row::from_json(row.try_get("root")?)?,
        systems: row::from_json(row.try_get("systems")?)?,
        found_at: Time(row.try_get("found_at")?),
        seen_at: Some(row.try_get("seen_at")?).filter(|at| *at != NEVER).map(Time),
        read_at: row::time(row.try_get("read_at")?),
        problem: text("problem")?.map(row::from_json).transpose()?,
        credential_id: row.try_get::<Option<String>, _>("credential_id")?.map(CredentialId),
        rejected_at: row::time(row.try_get("rejected_at")?),
        rejected_by: row.try_get::<Option<String>, _>("rejected_by")?.map(CredentialId),
        chosen: row.try_get::<Option<String>, _>("chosen_id")?.map(CredentialId),
    })
}

fn said(row: &DbRow) -> Result<Said, sqlx::Error> {
    let moref: String = row.try_get("moref")?;
    Ok(Said {
        bmc: row.try_get("bmc_id")?,
        system: row.try_get("system")?,
        vcenter: VcenterId(row.try_get("vcenter_id")?),
        moref: moref.into(),
        is_match: row.try_get("is_match")?,
    })
}

fn profile(row: &DbRow) -> Result<BmcProfile, sqlx::Error> {
    let vendor: Option<String> = row.try_get("vendor")?;
    Ok(BmcProfile {
        credential: CredentialId(row.try_get("credential_id")?),
        vendor: vendor.map(row::from_word).transpose()?,
        proven_at: row::time(row.try_get("proven_at")?),
        paused_at: row::time(row.try_get("paused_at")?),
        edition: row.try_get("edition")?,
        rejections: row.try_get("rejections")?,
    })
}
