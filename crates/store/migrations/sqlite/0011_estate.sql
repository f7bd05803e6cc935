-- What health rules find in inventories: from when on it is so, and until when it was. Of rules that wait whether it stays so,
-- due_at is when they report it.
CREATE TABLE findings (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    moref TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    -- When Muster found it first: what it found nothing of before, nobody knows.
    seen_at INTEGER NOT NULL,
    ended_at INTEGER
);

CREATE UNIQUE INDEX findings_now ON findings (vcenter_id, rule, kind, moref) WHERE ended_at IS NULL;

CREATE INDEX findings_ended ON findings (ended_at) WHERE ended_at IS NOT NULL;

-- What people set about rules: other levels for a scope, and what is silenced for a while. Scopes and levels are JSON.
CREATE TABLE health_limits (
    rule TEXT NOT NULL,
    scope TEXT NOT NULL,
    levels TEXT NOT NULL,
    PRIMARY KEY (rule, scope)
) WITHOUT ROWID;

CREATE TABLE waivers (
    id TEXT PRIMARY KEY NOT NULL,
    rule TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- The vCenter that the scope is about: its waivers go with it.
    vcenter_id TEXT REFERENCES vcenters (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    until INTEGER,
    at INTEGER NOT NULL,
    made_by TEXT NOT NULL
);
