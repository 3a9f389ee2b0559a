-- Who uploaded an import, by account: names change and are shared. Of an account, of which none is ever deleted.
ALTER TABLE import ADD COLUMN created_by_account BIGINT;
-- A name that only one account has can be trusted; others are left to the programme.
UPDATE import SET created_by_account = (SELECT MIN(account.id) FROM account WHERE account.name = import.created_by)
WHERE (SELECT COUNT(*) FROM account WHERE account.name = import.created_by) = 1;
-- When what was sealed of an import was erased; its state says what became of it and stays.
ALTER TABLE import ADD COLUMN erased_at TIMESTAMP;
UPDATE import SET erased_at = expires_at WHERE state = 'expired';
