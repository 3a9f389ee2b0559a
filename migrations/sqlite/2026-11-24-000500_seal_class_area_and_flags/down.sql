-- What was sealed since does not come back; what still waits to be sealed does.
ALTER TABLE pupil ADD COLUMN class_name TEXT;
ALTER TABLE pupil ADD COLUMN ethnicity TEXT;
ALTER TABLE pupil ADD COLUMN lsoa TEXT;
ALTER TABLE pupil ADD COLUMN lsoa_vintage INTEGER;
ALTER TABLE pupil ADD COLUMN deprivation_decile INTEGER;
ALTER TABLE pupil ADD COLUMN sensitive BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE pupil ADD COLUMN growth_condition BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE pupil SET
    class_name = (SELECT class_name FROM pupil_to_seal WHERE pupil_id = pupil.id),
    ethnicity = (SELECT ethnicity FROM pupil_to_seal WHERE pupil_id = pupil.id),
    lsoa = (SELECT lsoa FROM pupil_to_seal WHERE pupil_id = pupil.id),
    lsoa_vintage = (SELECT lsoa_vintage FROM pupil_to_seal WHERE pupil_id = pupil.id),
    deprivation_decile = (SELECT deprivation_decile FROM pupil_to_seal WHERE pupil_id = pupil.id),
    sensitive = COALESCE((SELECT sensitive FROM pupil_to_seal WHERE pupil_id = pupil.id), FALSE),
    growth_condition = COALESCE((SELECT growth_condition FROM pupil_to_seal WHERE pupil_id = pupil.id), FALSE);
ALTER TABLE pupil DROP COLUMN ethnic_group;
ALTER TABLE pupil DROP COLUMN deprivation_quintile;
DROP TABLE pupil_to_seal;
