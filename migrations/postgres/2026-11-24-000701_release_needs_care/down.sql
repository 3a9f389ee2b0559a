ALTER TABLE release DROP COLUMN needs_care;
