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
    ended_at INTEGER
);

CREATE UNIQUE INDEX findings_now ON findings (vcenter_id, rule, kind, moref) WHERE ended_at IS NULL;

CREATE INDEX findings_ended ON findings (ended_at) WHERE ended_at IS NOT NULL;

-- What people set about rules: other levels for a scope, and what is silenced for a while. Scopes and levels are JSON.
CREATE TABLE health_limits (
    rule TEXT NOT NULL,
    scope TEXT NOT NULL,
    levels TEXT NOT NULL,
    -- The vCenter that the scope is about: its thresholds go with it.
    vcenter_id TEXT REFERENCES vcenters (id) ON DELETE CASCADE,
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

-- Analytics. What was measured, as JSON that adds up: of operations of one sort by vCenter, and what there was of capacity.
-- Each is written three times, by the minute, the hour and the day in UTC: the shorter a span, the sooner it is forgotten.
CREATE TABLE measures (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    -- Milliseconds: 60000, 3600000 or 86400000.
    span INTEGER NOT NULL,
    -- When the span begins.
    at INTEGER NOT NULL,
    -- The kind of operation, with the kind of object where one kind was read alone (`refresh vms`), or `capacity`.
    what TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (vcenter_id, span, at, what)
) WITHOUT ROWID;

-- How soon the server answered, by method, as JSON; and whether all of an operation that has ended is in `measures`. What
-- an earlier release ran isn't yet.
ALTER TABLE operations ADD COLUMN latency TEXT;

ALTER TABLE operations ADD COLUMN measured INTEGER NOT NULL DEFAULT 0 CHECK (measured IN (0, 1));

CREATE INDEX unmeasured_operations ON operations (finished_at) WHERE measured = 0 AND finished_at IS NOT NULL;

-- Reads by what was read, for what they would have cost; '' is what was counted before this was told apart.
CREATE TABLE cache_reads_rebuilt (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    hour INTEGER NOT NULL,
    kind TEXT NOT NULL DEFAULT '',
    hits INTEGER NOT NULL DEFAULT 0,
    shared INTEGER NOT NULL DEFAULT 0,
    misses INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vcenter_id, hour, kind)
) WITHOUT ROWID;

INSERT INTO cache_reads_rebuilt (vcenter_id, hour, hits, shared, misses)
SELECT vcenter_id, hour, hits, shared, misses FROM cache_reads;

DROP TABLE cache_reads;

ALTER TABLE cache_reads_rebuilt RENAME TO cache_reads;
