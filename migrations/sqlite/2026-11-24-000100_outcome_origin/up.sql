-- Which account recorded an outcome (NULL for a command or an import), and the version whose figures this version
-- repeats after an undo or a reassessment (NULL for figures that were recorded anew).
ALTER TABLE measurement ADD COLUMN recorded_by_id BIGINT;
ALTER TABLE measurement ADD COLUMN repeats INTEGER;
ALTER TABLE not_measured ADD COLUMN recorded_by_id BIGINT;
ALTER TABLE not_measured ADD COLUMN repeats INTEGER;
