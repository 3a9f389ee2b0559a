-- A keyed hash of NHS number, UPN, name and date of birth: the same child cannot come in twice, however many imports
-- run at once. Null in rows of an earlier version until the next import of their year.
ALTER TABLE identity ADD COLUMN identity_key BYTEA;
CREATE UNIQUE INDEX identity_identity_key ON identity (identity_key);
-- The planner's statistics would keep samples of values long after their rows are gone.
ALTER TABLE identity ALTER COLUMN identity_key SET STATISTICS 0;
