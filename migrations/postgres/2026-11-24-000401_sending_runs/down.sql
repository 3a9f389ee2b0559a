DROP INDEX outbox_letter_id;
ALTER TABLE outbox DROP COLUMN give_up_at;
DROP INDEX outbox_run_id;
ALTER TABLE outbox DROP COLUMN run_id;
DROP TABLE sending_run;
