-- A row without a vCenter and without a tag pauses everything.
CREATE TABLE all_pauses (
    vcenter_id TEXT REFERENCES vcenters (id) ON DELETE CASCADE,
    tag TEXT,
    since INTEGER NOT NULL,
    until INTEGER,
    CHECK (vcenter_id IS NULL OR tag IS NULL)
);

INSERT INTO all_pauses SELECT vcenter_id, tag, since, until FROM pauses;

DROP TABLE pauses;

ALTER TABLE all_pauses RENAME TO pauses;

CREATE UNIQUE INDEX pauses_of_vcenters ON pauses (vcenter_id) WHERE vcenter_id IS NOT NULL;

CREATE UNIQUE INDEX pauses_of_tags ON pauses (tag) WHERE tag IS NOT NULL;

CREATE UNIQUE INDEX pauses_of_all ON pauses ((vcenter_id IS NULL AND tag IS NULL))
WHERE vcenter_id IS NULL AND tag IS NULL;
