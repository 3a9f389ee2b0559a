-- Kinds and states are those that the program knows.
ALTER TABLE letter
    ADD CONSTRAINT letter_kind_check CHECK (kind IN ('result', 'not_measured')),
    ADD CONSTRAINT letter_state_check CHECK (
        state IN ('ready', 'held', 'no_contact', 'queued', 'in_doubt', 'failed', 'sent', 'not_needed', 'cancelled')
    );
ALTER TABLE outbox
    ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('letter', 'notice')),
    ADD CONSTRAINT outbox_state_check CHECK (
        state IN ('queued', 'claimed', 'sending', 'sent', 'failed', 'in_doubt', 'cancelled')
    );
