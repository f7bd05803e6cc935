-- How much of an operation is done, from connecting to writing; unknown until its objects are counted.
ALTER TABLE operations ADD COLUMN percent INTEGER;
