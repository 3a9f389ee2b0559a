CREATE TABLE letter_kept AS SELECT * FROM letter;
CREATE TABLE outbox_kept AS SELECT * FROM outbox;
-- Numbers are never given twice, also those of rows that were deleted.
CREATE TABLE numbers_kept AS SELECT name, seq FROM sqlite_sequence WHERE name IN ('letter', 'outbox');
DROP TABLE outbox;
DROP TABLE letter;

CREATE TABLE letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    reasons TEXT NOT NULL DEFAULT '',
    decided_by TEXT,
    decided_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    send_after TIMESTAMP,
    may_have_arrived BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (pupil_id, kind, version)
);
CREATE INDEX letter_state ON letter (state);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    kind TEXT NOT NULL,
    letter_id BIGINT REFERENCES letter (id),
    reference TEXT,
    year_label TEXT,
    sealed BLOB,
    message_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMP NOT NULL,
    lease_until TIMESTAMP,
    lease_owner TEXT,
    last_error TEXT,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    run_id BIGINT REFERENCES sending_run (id),
    give_up_at TIMESTAMP
);
CREATE INDEX outbox_state_next_attempt_at ON outbox (state, next_attempt_at);
CREATE INDEX outbox_run_id ON outbox (run_id);
CREATE UNIQUE INDEX outbox_letter_id ON outbox (letter_id);

INSERT INTO letter SELECT * FROM letter_kept;
INSERT INTO outbox SELECT * FROM outbox_kept;
DELETE FROM sqlite_sequence WHERE name IN ('letter', 'outbox');
INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM numbers_kept;
DROP TABLE letter_kept;
DROP TABLE outbox_kept;
DROP TABLE numbers_kept;
