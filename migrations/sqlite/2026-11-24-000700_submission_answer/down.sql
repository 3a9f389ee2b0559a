ALTER TABLE submission DROP COLUMN text;
ALTER TABLE submission DROP COLUMN kind;
