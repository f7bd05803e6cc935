-- Why a login was rejected, in a word and in the server's words, and sixteen bits of each of the last few passwords that
-- were rejected, a JSON list with the newest last (docs/SECURITY.md). What was rejected before this release said no reason.
ALTER TABLE credentials ADD COLUMN rejected_because TEXT CHECK (
    rejected_because IN ('invalid_login', 'password_expired', 'account_disabled', 'account_locked', 'refused')
);

ALTER TABLE credentials ADD COLUMN rejected_message TEXT;

ALTER TABLE credentials ADD COLUMN rejected_fingerprints TEXT NOT NULL DEFAULT '[]';

-- Whether somebody typed that password: then it says nothing about what is stored.
ALTER TABLE credentials ADD COLUMN rejected_typed INTEGER NOT NULL DEFAULT 0 CHECK (rejected_typed IN (0, 1));

UPDATE credentials SET rejected_because = 'refused' WHERE rejected_at IS NOT NULL;

-- The vCenter that it was made with and goes with; until now it was the one with the same name.
ALTER TABLE credentials ADD COLUMN made_with TEXT;

UPDATE credentials SET made_with = (
    SELECT v.id FROM vcenters v WHERE v.credential_id = credentials.id AND v.name_key = credentials.name_key
);

-- Rebuilt, because SQLite can't take a UNIQUE back: two ESXi hosts may share a hardware UUID.
CREATE TABLE vcenters_rebuilt (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    -- The address whose server is known to be this one: no stored password goes to another.
    known_host TEXT NOT NULL,
    known_port INTEGER NOT NULL,
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    trust TEXT NOT NULL CHECK (trust IN ('system', 'ca', 'pin')),
    ca_pem TEXT CHECK ((trust = 'ca') = (ca_pem IS NOT NULL)),
    pin TEXT CHECK ((trust = 'pin') = (pin IS NOT NULL)),
    tags TEXT NOT NULL,
    ttl_seconds INTEGER NOT NULL CHECK (ttl_seconds >= 0),
    instance_uuid TEXT,
    -- The MAC addresses of an ESXi host's network cards, a JSON list; NULL for a vCenter.
    host_macs TEXT,
    product TEXT,
    version TEXT,
    build TEXT,
    contact_state TEXT CHECK (
        contact_state IN ('online', 'offline', 'login_rejected', 'no_password', 'untrusted', 'different_vcenter')
    ),
    contact_at INTEGER CHECK ((contact_state IS NULL) = (contact_at IS NULL)),
    contact_since INTEGER
);

INSERT INTO vcenters_rebuilt (
    id, name, name_key, host, port, known_host, known_port, credential_id, trust, ca_pem, pin, tags, ttl_seconds,
    instance_uuid, host_macs, product, version, build, contact_state, contact_at, contact_since
)
SELECT
    id, name, name_key, host, port, host, port, credential_id, trust, ca_pem, pin, tags, ttl_seconds,
    instance_uuid, CASE WHEN product LIKE '%ESX%' THEN '[]' END, product, version, build, contact_state, contact_at,
    contact_since
FROM vcenters;

DROP TABLE vcenters;

ALTER TABLE vcenters_rebuilt RENAME TO vcenters;

CREATE INDEX vcenters_by_credential ON vcenters (credential_id);
