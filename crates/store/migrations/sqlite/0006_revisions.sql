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
