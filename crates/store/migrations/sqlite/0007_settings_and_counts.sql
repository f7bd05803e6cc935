-- What is configured of a vCenter and not searched for here, as JSON: a new setting needs no migration. Each edit raises
-- the edition: who edits what another one changed since is told.
ALTER TABLE vcenters ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- What can't be read any more is as it is by default.
UPDATE vcenters SET settings = json_object(
    'tags', CASE WHEN typeof(tags) = 'text' AND json_valid(tags) THEN json(tags) ELSE json('[]') END,
    'ttl_seconds', CASE typeof(ttl_seconds) WHEN 'integer' THEN ttl_seconds ELSE 300 END
);

ALTER TABLE vcenters DROP COLUMN tags;

ALTER TABLE vcenters DROP COLUMN ttl_seconds;

ALTER TABLE vcenters ADD COLUMN edition INTEGER NOT NULL DEFAULT 1;

-- Failures before this time don't hold up what runs by itself: somebody said that it may be tried again.
ALTER TABLE vcenters ADD COLUMN failures_reset_at INTEGER;

-- Tells the password apart with which a vCenter last let somebody in; unset after a change of user or password, and once two
-- vCenters in a row rejected it.
ALTER TABLE credentials ADD COLUMN proven INTEGER;

-- The id of the one vCenter that has rejected that password since, or '' for one that isn't configured.
ALTER TABLE credentials ADD COLUMN doubted_by TEXT;

-- Raised by a change of user or password: what a vCenter says to a login that was sent before it says nothing about the next one.
ALTER TABLE credentials ADD COLUMN edition INTEGER NOT NULL DEFAULT 1;

-- The id of the vCenter that rejected it last.
ALTER TABLE credentials ADD COLUMN rejected_by TEXT;

-- What a vCenter last said to a login with one password, of which the fingerprint has sixteen bits: -1 is any, as where the
-- account is locked. Without a reason it was accepted.
CREATE TABLE login_answers (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    fingerprint INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rejected_because TEXT,
    rejected_message TEXT,
    PRIMARY KEY (vcenter_id, credential_id, fingerprint)
) WITHOUT ROWID;

-- How reads of a vCenter's inventory were answered, by hour (hours since 1970 in UTC): from the cache, by a refresh that
-- was under way for somebody else, by a refresh of their own.
CREATE TABLE cache_reads (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    hour INTEGER NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0,
    shared INTEGER NOT NULL DEFAULT 0,
    misses INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vcenter_id, hour)
) WITHOUT ROWID;

-- In which hours of the week (0 is Monday, 00:00 to 01:00 in local time) somebody looked at a vCenter, and in how many
-- such hours.
CREATE TABLE looked_at (
    vcenter_id TEXT NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    hour_of_week INTEGER NOT NULL CHECK (hour_of_week BETWEEN 0 AND 167),
    count INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (vcenter_id, hour_of_week)
) WITHOUT ROWID;

-- How fast a running operation goes and how long it will take, for processes that show it and don't run it.
ALTER TABLE operations ADD COLUMN objects_per_second INTEGER;

ALTER TABLE operations ADD COLUMN bytes_per_second INTEGER;

ALTER TABLE operations ADD COLUMN remaining_seconds INTEGER;
