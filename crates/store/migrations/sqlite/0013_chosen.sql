-- What a person chose for a BMC to be logged in to with; NULL for the profile that fits it.
ALTER TABLE bmcs ADD COLUMN chosen_id TEXT REFERENCES credentials (id) ON DELETE SET NULL;

-- Which user and password it is: what a BMC said of the one before says nothing of it.
ALTER TABLE bmc_profiles ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
