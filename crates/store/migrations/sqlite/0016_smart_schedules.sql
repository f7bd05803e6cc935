-- Whether a schedule runs when people look, and not at a fixed interval.
ALTER TABLE schedules ADD COLUMN smart INTEGER NOT NULL DEFAULT 0 CHECK (smart IN (0, 1));

-- Why a run is planned when it is, where that was learned from when people look.
ALTER TABLE schedule_runs ADD COLUMN reason TEXT;

-- What was seen of each vCenter since some time: when people looked at it and when something changed in it, a bit for each half
-- hour of 16 local weeks that end with the week of that number (672 bytes each, the layout is that of `planner::Weeks`); and how
-- fast its server answers in each hour of the week (336 bytes, `planner::Pace`).
CREATE TABLE usage (
    vcenter_id TEXT PRIMARY KEY NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    looks_week INTEGER NOT NULL,
    looks BLOB NOT NULL,
    changes_week INTEGER NOT NULL,
    changes BLOB NOT NULL,
    pace BLOB NOT NULL
);

-- It counted hours without their weeks, which tells no habit from one busy week.
DROP TABLE looked_at;
