-- Changes of accounts that would let somebody see children, until a programme administrator decides on each.
CREATE TABLE account_approval (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    -- URNs and codes with a space between.
    schools TEXT NOT NULL,
    authorities TEXT NOT NULL,
    is_new BOOLEAN NOT NULL,
    asked_by TEXT NOT NULL,
    asked_by_id BIGINT,
    asked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id)
);
