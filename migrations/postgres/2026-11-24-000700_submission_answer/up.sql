-- What the page after a form says, so that a form sent twice gets the same answer twice. Never a name.
ALTER TABLE submission ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE submission ADD COLUMN text TEXT NOT NULL DEFAULT '';
