ALTER TABLE not_measured DROP COLUMN repeats;
ALTER TABLE not_measured DROP COLUMN recorded_by_id;
ALTER TABLE measurement DROP COLUMN repeats;
ALTER TABLE measurement DROP COLUMN recorded_by_id;
