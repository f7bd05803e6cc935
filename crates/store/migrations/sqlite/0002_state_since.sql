-- When a vCenter got into the state that it is in; older rows know only their last contact.
ALTER TABLE vcenters ADD COLUMN contact_since INTEGER;

UPDATE vcenters SET contact_since = contact_at;
