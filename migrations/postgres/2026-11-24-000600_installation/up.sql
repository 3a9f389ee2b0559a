-- What this database is called in the keyring that belongs to it: one row, which is never copied into another database.
CREATE TABLE installation (
    only_one INTEGER NOT NULL CHECK (only_one = 1),
    id TEXT NOT NULL,
    -- When a process with STATURE_ENV=production first opened it.
    production_since TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (only_one)
);
