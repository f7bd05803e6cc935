-- Times are milliseconds in UTC, ids are text, documents and lists are JSON text.

CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE credentials (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case, full Unicode: SQLite's own NOCASE knows ASCII only.
    name_key TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    stored TEXT NOT NULL CHECK (stored IN ('keychain', 'file', 'none')),
    rejected_at INTEGER
);

CREATE TABLE vcenters (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    trust TEXT NOT NULL CHECK (trust IN ('system', 'ca', 'pin')),
    ca_pem TEXT CHECK ((trust = 'ca') = (ca_pem IS NOT NULL)),
    pin TEXT CHECK ((trust = 'pin') = (pin IS NOT NULL)),
    tags TEXT NOT NULL,
    ttl_seconds INTEGER NOT NULL CHECK (ttl_seconds >= 0),
    instance_uuid TEXT UNIQUE,
    product TEXT,
    version TEXT,
    build TEXT,
    contact_state TEXT CHECK (
        contact_state IN ('online', 'offline', 'login_rejected', 'no_password', 'untrusted', 'different_vcenter')
    ),
    contact_at INTEGER CHECK ((contact_state IS NULL) = (contact_at IS NULL))
);

CREATE INDEX vcenters_by_credential ON vcenters (credential_id);

CREATE TABLE operations (
    -- The order in which they were submitted, and so the order of each vCenter's lane.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    args TEXT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'interrupted')
    ),
    -- The process that submitted it, and from the claim on the one that runs it.
    owner TEXT NOT NULL,
    claim_no INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    submitted_at INTEGER NOT NULL,
    started_at INTEGER CHECK (state <> 'running' OR started_at IS NOT NULL),
    finished_at INTEGER CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    step TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    error TEXT
);

-- The processes that wait for an operation: it is cancelled with the last of them.
CREATE TABLE waiters (
    operation_id TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    process TEXT NOT NULL,
    PRIMARY KEY (operation_id, process)
) WITHOUT ROWID;

CREATE UNIQUE INDEX one_live_operation_of_its_kind ON operations (vcenter_id, kind, args)
WHERE state IN ('queued', 'running');

CREATE UNIQUE INDEX one_running_operation_per_vcenter ON operations (vcenter_id) WHERE state = 'running';

CREATE INDEX operations_by_vcenter ON operations (vcenter_id, seq);

-- Documents are a page or half a page long: a table with row ids keeps its index small.
CREATE TABLE objects (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    moref TEXT NOT NULL,
    object_type TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    document TEXT NOT NULL,
    PRIMARY KEY (vcenter_id, kind, moref)
);

-- What a running operation will publish; a row without a document is an object that is gone.
CREATE TABLE staged (
    operation_id TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    claim_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    moref TEXT NOT NULL,
    object_type TEXT,
    hash BLOB,
    document TEXT CHECK ((document IS NULL) = (hash IS NULL) AND (document IS NULL) = (object_type IS NULL)),
    PRIMARY KEY (operation_id, claim_no, kind, moref)
);

-- The scope is a cluster's moref, or empty for the whole kind.
CREATE TABLE coverage (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    synced_at INTEGER NOT NULL,
    PRIMARY KEY (vcenter_id, kind, scope)
) WITHOUT ROWID;

-- What other processes are to hear of. AUTOINCREMENT: a number is never given twice, also after pruning.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    id TEXT NOT NULL,
    process TEXT NOT NULL
);
