-- Where policies deliver to: mail servers, webhooks and folders. `target` says as JSON what it is and how it is reached; the
-- secret is that of the credential.
CREATE TABLE destinations (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    credential_id TEXT REFERENCES credentials (id),
    edition INTEGER NOT NULL DEFAULT 1
);
