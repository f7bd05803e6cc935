-- When somebody removed a vCenter, and the credential that was made with it and that nothing else uses: hidden since, they can be
-- brought back for some seconds, and then go with all that is theirs. Their names are free meanwhile: name_key is no name's.
ALTER TABLE vcenters ADD COLUMN removed_at INTEGER;

ALTER TABLE credentials ADD COLUMN removed_at INTEGER;

-- They are looked for often, and there are none.
CREATE INDEX removed_vcenters ON vcenters (removed_at) WHERE removed_at IS NOT NULL;
