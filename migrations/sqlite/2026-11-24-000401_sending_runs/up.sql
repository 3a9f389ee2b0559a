-- Letters queued together; their texts are those of this moment.
CREATE TABLE sending_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    started_by TEXT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    texts TEXT NOT NULL
);

ALTER TABLE outbox ADD COLUMN run_id BIGINT REFERENCES sending_run (id);
CREATE INDEX outbox_run_id ON outbox (run_id);
-- The last moment for another try; NULL means six weeks after the message was queued.
ALTER TABLE outbox ADD COLUMN give_up_at TIMESTAMP;
-- Two processes that queue the same letter at once cannot both succeed.
CREATE UNIQUE INDEX outbox_letter_id ON outbox (letter_id);
