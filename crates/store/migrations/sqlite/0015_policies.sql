-- Policies: what is set for each, as JSON, and how much of what happened it has answered, as JSON: whoever starts a run moves
-- that on from the text it has seen in the same transaction.
CREATE TABLE policies (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    edition INTEGER NOT NULL DEFAULT 1,
    seen TEXT NOT NULL DEFAULT '{}',
    -- Its newest run.
    operation_id TEXT
);

-- The run of a policy that asked for it.
ALTER TABLE operations ADD COLUMN parent TEXT;

-- What policies wait for, in the order in which it was written: a sync that changed something, a vCenter that went offline or
-- came back, something that was found wrong. `at` may lie ahead: what has to be so for a while is looked at again then.
CREATE TABLE happened (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    -- The operation of a sync, the level of a finding.
    detail TEXT NOT NULL
);

CREATE INDEX happened_on ON happened (vcenter_id, what, seq);
