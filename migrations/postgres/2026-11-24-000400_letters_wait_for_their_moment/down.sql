ALTER TABLE letter DROP COLUMN may_have_arrived;
ALTER TABLE letter DROP COLUMN send_after;
