-- vCenters, or all that have a tag, on which nothing is done by itself until a time, or until somebody resumes them.
CREATE TABLE pauses (
    vcenter_id TEXT REFERENCES vcenters (id) ON DELETE CASCADE,
    tag TEXT,
    since INTEGER NOT NULL,
    until INTEGER,
    CHECK ((vcenter_id IS NULL) <> (tag IS NULL))
);

CREATE UNIQUE INDEX pauses_of_vcenters ON pauses (vcenter_id) WHERE vcenter_id IS NOT NULL;

CREATE UNIQUE INDEX pauses_of_tags ON pauses (tag) WHERE tag IS NOT NULL;

-- Since when a worker could connect to no vCenter.
CREATE TABLE no_network (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    since INTEGER NOT NULL
);

-- What is done by itself, and when: every so many seconds, or at the times of a cron expression in a time zone. It is for the
-- vCenters of schedule_vcenters, or for all that have the tag. Each edit raises the edition.
CREATE TABLE schedules (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    tag TEXT,
    every_seconds INTEGER,
    cron TEXT,
    zone TEXT NOT NULL,
    quiet TEXT,
    job TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1,
    edition INTEGER NOT NULL DEFAULT 1,
    CHECK ((every_seconds IS NULL) <> (cron IS NULL))
);

CREATE TABLE schedule_vcenters (
    schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    PRIMARY KEY (schedule_id, vcenter_id)
) WITHOUT ROWID;

-- When a schedule is due next on each vCenter, before it is spread, and what it started there last. Who starts something moves
-- next_at from the value it has seen in the same transaction.
CREATE TABLE schedule_runs (
    schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    next_at INTEGER NOT NULL,
    operation_id TEXT,
    PRIMARY KEY (schedule_id, vcenter_id)
) WITHOUT ROWID;

-- How many objects an operation added, changed and removed, as its history has them; unset where it published nothing.
ALTER TABLE operations ADD COLUMN recorded_added INTEGER;

ALTER TABLE operations ADD COLUMN recorded_changed INTEGER;

ALTER TABLE operations ADD COLUMN recorded_removed INTEGER;

-- Those that are old enough to be forgotten are looked for by their age.
CREATE INDEX operations_by_age ON operations (vcenter_id, submitted_at);

-- The steps in which it ran and what failed of it, as JSON: lists instead of objects, because there are many.
ALTER TABLE operations ADD COLUMN steps TEXT;

-- The objects that an operation added (0), changed (1) and removed (2), as far as they are recorded. Written while a pass is
-- staged: they count once the operation says how many there are, which it does when the pass is published.
CREATE TABLE operation_changes (
    operation INTEGER NOT NULL REFERENCES operations (seq) ON DELETE CASCADE,
    what INTEGER NOT NULL CHECK (what BETWEEN 0 AND 2),
    kind TEXT NOT NULL,
    moref TEXT NOT NULL,
    name TEXT,
    -- What changed, as JSON: [column, old, new, old moref, new moref, cut], without what is missing at the end.
    properties TEXT,
    PRIMARY KEY (operation, what, kind, moref)
) WITHOUT ROWID;

-- As what a staged row is counted there; unset where it isn't.
ALTER TABLE staged ADD COLUMN what INTEGER;

-- The settings of Muster itself, as JSON.
CREATE TABLE preferences (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    settings TEXT NOT NULL
);
