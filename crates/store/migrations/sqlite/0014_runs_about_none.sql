-- Where a schedule looks for BMCs, as JSON; of one whose job is a scan.
ALTER TABLE schedules ADD COLUMN scan TEXT;

-- When a schedule is due next on each vCenter, before it is spread, and what it started there last; vcenter_id is NULL for what
-- is about none. Who starts something moves next_at from the value it has seen in the same transaction.
CREATE TABLE schedule_runs_anew (
    schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    vcenter_id TEXT REFERENCES vcenters (id) ON DELETE CASCADE,
    next_at INTEGER NOT NULL,
    operation_id TEXT
);

INSERT INTO schedule_runs_anew (schedule_id, vcenter_id, next_at, operation_id)
SELECT schedule_id, vcenter_id, next_at, operation_id FROM schedule_runs;

DROP TABLE schedule_runs;

ALTER TABLE schedule_runs_anew RENAME TO schedule_runs;

CREATE UNIQUE INDEX schedule_runs_once ON schedule_runs (schedule_id, COALESCE(vcenter_id, ''));
