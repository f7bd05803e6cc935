-- Property paths that a server refused, by kind as a JSON object of lists; `releases` names those of server and
-- Muster that this holds for.
CREATE TABLE refused_paths (
    vcenter_id TEXT PRIMARY KEY NOT NULL REFERENCES vcenters (id) ON DELETE CASCADE,
    releases TEXT NOT NULL,
    paths TEXT NOT NULL
) WITHOUT ROWID;
