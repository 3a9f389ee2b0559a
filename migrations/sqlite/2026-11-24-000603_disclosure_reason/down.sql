ALTER TABLE disclosure DROP COLUMN reason;
