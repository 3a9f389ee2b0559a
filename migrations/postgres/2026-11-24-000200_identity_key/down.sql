DROP INDEX identity_identity_key;
ALTER TABLE identity DROP COLUMN identity_key;
