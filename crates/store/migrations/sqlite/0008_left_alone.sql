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
