ALTER TABLE account ADD COLUMN locked_until TIMESTAMP;
ALTER TABLE account ADD COLUMN failed_attempts INTEGER NOT NULL DEFAULT 0;
DROP TABLE sign_in_failure;
