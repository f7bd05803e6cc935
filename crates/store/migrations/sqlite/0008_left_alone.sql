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
