-- Who did what, when, from where, and what came of it. Each row's hash is over the hash of the row before and everything else
-- in it, so that an edit shows (docs/SECURITY.md). It refers to no other table: rows outlive what they speak of.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    origin TEXT NOT NULL,
    role TEXT NOT NULL,
    command TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT,
    subject TEXT,
    -- JSON: of what was changed what differs, without secrets.
    before TEXT,
    after TEXT,
    outcome TEXT NOT NULL,
    operation TEXT,
    error TEXT,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
);

-- The end of an operation has the same people as its beginning.
CREATE INDEX audit_by_operation ON audit (operation) WHERE operation IS NOT NULL;

-- The program that prints a credential's password at each login, and its arguments: a JSON list.
ALTER TABLE credentials ADD COLUMN helper TEXT;

-- Passwords that nobody needs any more and that may still be in the keychain: they are erased as soon as it answers.
CREATE TABLE erasures (
    credential_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    since INTEGER NOT NULL
);
-- The certificate that a vCenter showed at its newest connection, and what its account may do there (JSON) by the newest full
-- sync: both are told, and decide nothing.
ALTER TABLE vcenters ADD COLUMN certificate_sha256 TEXT;
ALTER TABLE vcenters ADD COLUMN certificate_not_after INTEGER;
ALTER TABLE vcenters ADD COLUMN permissions TEXT;
