-- Wrong passwords in a row, by account address and by the network they came from, so that somebody else's tries keep
-- nobody out. `who` is a keyed hash of the address typed: it is kept for addresses without an account, too.
CREATE TABLE sign_in_failure (
    who BYTEA NOT NULL,
    network TEXT NOT NULL,
    failed INTEGER NOT NULL CHECK (failed > 0),
    last_at TIMESTAMP NOT NULL,
    wait_until TIMESTAMP,
    PRIMARY KEY (who, network)
);
CREATE INDEX sign_in_failure_last_at ON sign_in_failure (last_at);
ALTER TABLE account DROP COLUMN failed_attempts;
ALTER TABLE account DROP COLUMN locked_until;
