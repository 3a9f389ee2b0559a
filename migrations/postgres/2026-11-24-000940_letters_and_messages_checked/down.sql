ALTER TABLE outbox DROP CONSTRAINT outbox_state_check, DROP CONSTRAINT outbox_kind_check;
ALTER TABLE letter DROP CONSTRAINT letter_state_check, DROP CONSTRAINT letter_kind_check;
