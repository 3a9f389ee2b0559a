ALTER TABLE import DROP COLUMN erased_at;
ALTER TABLE import DROP COLUMN created_by_account;
