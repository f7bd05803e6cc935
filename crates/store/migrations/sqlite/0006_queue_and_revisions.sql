-- A job is data: it is stored whole, and whoever can claim it can run it. Rebuilt, because an operation has no owner
-- before it is claimed, and may have no vCenter.
CREATE TABLE operations_rebuilt (
    -- The order in which they were submitted.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    vcenter_id TEXT REFERENCES vcenters (id) ON DELETE CASCADE,
    -- What lists and filters look for in the job.
    kind TEXT NOT NULL,
    -- The job, as JSON: equal jobs have equal texts.
    job TEXT NOT NULL,
    -- Of operations with the same lane one runs at a time, in the order of priority and submission; NULL for those that
    -- run beside anything.
    lane TEXT,
    -- The lower, the earlier.
    priority INTEGER NOT NULL,
    -- Whether it ends when nobody waits for it any more; else it runs in any case, sooner or later.
    awaited INTEGER NOT NULL CHECK (awaited IN (0, 1)),
    origin TEXT NOT NULL,
    -- Of whoever submitted it; until now everybody was admin.
    role TEXT NOT NULL DEFAULT 'admin',
    state TEXT NOT NULL CHECK (
        state IN ('queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'interrupted')
    ),
    -- The process that runs it, or ran it.
    owner TEXT CHECK (state <> 'running' OR owner IS NOT NULL),
    -- Whether somebody asked to cancel it while it ran.
    cancelling INTEGER NOT NULL DEFAULT 0 CHECK (cancelling IN (0, 1)),
    claim_no INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    submitted_at INTEGER NOT NULL,
    started_at INTEGER CHECK (state <> 'running' OR started_at IS NOT NULL),
    finished_at INTEGER CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    step TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    percent INTEGER,
    added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    -- What it answers with beside its counts, as JSON: the report of a test.
    result TEXT
);

-- Whoever ran them is gone: a migration begins when nobody uses the database. Two tests of one vCenter were not equal until
-- now, and no two live ones may be.
UPDATE operations
SET state = 'interrupted',
    finished_at = submitted_at,
    error = '{"code":"interrupted","message":"the process ended before running it; nothing was changed","next_step":"Start it again."}'
WHERE kind = 'test' AND state IN ('queued', 'running');

INSERT INTO operations_rebuilt (
    seq, id, vcenter_id, kind, job, lane, priority, awaited, origin, state, owner, claim_no, attempts, submitted_at,
    started_at, finished_at, step, done, total, percent, added, changed, removed, unchanged, calls, bytes, error
)
SELECT
    seq, id, vcenter_id, kind,
    CASE kind
        WHEN 'test' THEN json_object('kind', kind, 'retry_login', json('false'))
        WHEN 'full_sync' THEN json_object('kind', kind, 'accept_removals', json(accepts))
        WHEN 'sync_hosts' THEN
            json_object('kind', kind, 'clusters', json(about), 'accept_removals', json(accepts))
        WHEN 'refresh' THEN
            json_object('kind', kind, 'of', json_extract(about, '$[0]'), 'accept_removals', json(accepts))
        -- Of a newer release, or damaged: it is left out of lists, as it was.
        ELSE json_object('kind', CAST(kind AS TEXT))
    END,
    CASE WHEN kind <> 'test' THEN 'sync ' || vcenter_id END,
    CASE origin WHEN 'user' THEN 0 ELSE 1 END,
    1, origin, state, owner, claim_no, attempts, submitted_at, started_at, finished_at, step, done, total, percent,
    added, changed, removed, unchanged, calls, bytes, error
FROM (
    SELECT
        *,
        CASE WHEN json_valid(scope) THEN scope ELSE 'null' END AS about,
        CASE
            WHEN NOT json_valid(args) THEN 'null'
            WHEN json_extract(args, '$.accept_removals') THEN 'true'
            ELSE 'false'
        END AS accepts
    FROM operations
);

-- Numbers that were given are not given again, also after the newest rows were deleted.
DELETE FROM sqlite_sequence WHERE name = 'operations_rebuilt';

INSERT INTO sqlite_sequence (name, seq) SELECT 'operations_rebuilt', seq FROM sqlite_sequence WHERE name = 'operations';

DROP TABLE operations;

ALTER TABLE operations_rebuilt RENAME TO operations;

CREATE UNIQUE INDEX one_live_operation_of_its_job ON operations (COALESCE(vcenter_id, ''), job)
WHERE state IN ('queued', 'running');

CREATE UNIQUE INDEX one_running_operation_per_lane ON operations (lane) WHERE state = 'running' AND lane IS NOT NULL;

CREATE INDEX operations_by_vcenter ON operations (vcenter_id, seq);

-- Few are live, and they are looked at often.
CREATE INDEX live_operations ON operations (priority, seq) WHERE state IN ('queued', 'running');

-- Each publish raises the revision of a vCenter's inventory, and what it writes carries that revision: who holds an earlier
-- state reads what came since. The epoch is the history that the revisions count, unset before the first publish.
-- Deletions of up to the revision `forgotten` are not known any more.
ALTER TABLE vcenters ADD COLUMN epoch TEXT;

ALTER TABLE vcenters ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE vcenters ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

ALTER TABLE objects ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE INDEX objects_by_revision ON objects (vcenter_id, revision);

-- When the kind was listed: what isn't in the list was not there after that.
ALTER TABLE coverage ADD COLUMN listed_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE coverage ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

-- When the call was sent that a staged value comes from; NULL for what is only kept as it was known.
ALTER TABLE staged ADD COLUMN asked_at INTEGER;

-- Objects that are gone, for a week.
CREATE TABLE tombstones (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    moref TEXT NOT NULL,
    revision INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    gone_at INTEGER NOT NULL,
    PRIMARY KEY (vcenter_id, kind, moref)
) WITHOUT ROWID;

CREATE INDEX tombstones_by_revision ON tombstones (vcenter_id, revision);

-- When an object was asked for, where coverage doesn't say it: it was read by itself, or beside another reading. Not a column
-- of the object, because one that didn't change is not written.
CREATE TABLE asked (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    moref TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (vcenter_id, kind, moref)
) WITHOUT ROWID;
