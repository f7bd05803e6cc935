-- BMCs that discovery found, by where they answer. What they told is JSON that the service makes and reads.
CREATE TABLE bmcs (
    id TEXT PRIMARY KEY NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    -- The way that leads there, as JSON.
    way TEXT NOT NULL,
    -- How its certificate is trusted, as JSON; NULL while nobody approved it.
    trust TEXT,
    -- What it showed last, as JSON.
    certificate TEXT,
    -- What it says without a login, and its systems as they were read last, both as JSON.
    root TEXT NOT NULL,
    systems TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    read_at INTEGER,
    -- Why it could not be read last time, as JSON.
    problem TEXT,
    -- When it rejected a login, and of what, until one is accepted or user or password are others: nothing logs in by itself.
    rejected_at INTEGER,
    rejected_by TEXT REFERENCES credentials (id) ON DELETE SET NULL,
    -- What it was last read with.
    credential_id TEXT REFERENCES credentials (id) ON DELETE SET NULL,
    UNIQUE (host, port)
);

CREATE INDEX bmcs_by_credential ON bmcs (credential_id) WHERE credential_id IS NOT NULL;

-- What people said of a server and an ESXi host: one machine, or not. `system` is which of the BMC's systems.
CREATE TABLE server_decisions (
    bmc_id TEXT NOT NULL REFERENCES bmcs (id) ON DELETE CASCADE,
    system TEXT NOT NULL,
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    moref TEXT NOT NULL,
    is_match INTEGER NOT NULL CHECK (is_match IN (0, 1)),
    at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (bmc_id, system, vcenter_id, moref)
) WITHOUT ROWID;

CREATE INDEX server_decisions_by_vcenter ON server_decisions (vcenter_id);

-- Credentials that may be tried at BMCs: of which vendor, when one last accepted it as it is now, how many in a row rejected it
-- since, and when it was paused for that.
CREATE TABLE bmc_profiles (
    credential_id TEXT PRIMARY KEY NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    vendor TEXT,
    proven_at INTEGER,
    rejections INTEGER NOT NULL DEFAULT 0,
    paused_at INTEGER
) WITHOUT ROWID;
