-- Class, exact ethnic group, home area and two flags are sealed with the name from now on. SQL has no key, so what is to be
-- sealed waits in a table of its own until the program has sealed it (`stature migrate`, or the next start). Children
-- without a name lose it here.
CREATE TABLE pupil_to_seal (
    pupil_id INTEGER NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    class_name TEXT,
    ethnicity TEXT,
    lsoa TEXT,
    lsoa_vintage INTEGER,
    deprivation_decile INTEGER,
    deprivation_vintage INTEGER,
    sensitive BOOLEAN NOT NULL,
    growth_condition BOOLEAN NOT NULL,
    PRIMARY KEY (pupil_id)
);
INSERT INTO pupil_to_seal
SELECT id, class_name, ethnicity, lsoa, lsoa_vintage, deprivation_decile, deprivation_vintage, sensitive, growth_condition
FROM pupil WHERE id IN (SELECT pupil_id FROM identity);

-- What stays in clear: five ethnic groups and the deprivation quintile.
ALTER TABLE pupil ADD COLUMN ethnic_group TEXT CHECK (ethnic_group IN ('white', 'mixed', 'asian', 'black', 'other'));
ALTER TABLE pupil ADD COLUMN deprivation_quintile INTEGER CHECK (deprivation_quintile BETWEEN 1 AND 5);
UPDATE pupil SET
    ethnic_group = CASE
        WHEN ethnicity IN ('A', 'B', 'C') THEN 'white'
        WHEN ethnicity IN ('D', 'E', 'F', 'G') THEN 'mixed'
        WHEN ethnicity IN ('H', 'J', 'K', 'L') THEN 'asian'
        WHEN ethnicity IN ('M', 'N', 'P') THEN 'black'
        WHEN ethnicity IN ('R', 'S') THEN 'other'
    END,
    deprivation_quintile = (deprivation_decile + 1) / 2,
    name_removed_on = date(name_removed_on, 'start of month');
ALTER TABLE pupil DROP COLUMN class_name;
ALTER TABLE pupil DROP COLUMN ethnicity;
ALTER TABLE pupil DROP COLUMN lsoa;
ALTER TABLE pupil DROP COLUMN lsoa_vintage;
ALTER TABLE pupil DROP COLUMN deprivation_decile;
ALTER TABLE pupil DROP COLUMN sensitive;
ALTER TABLE pupil DROP COLUMN growth_condition;

-- Ages in half-years and z-scores in half steps for children whose name has gone. Rounded away from zero, so that a
-- score beyond a limit for extreme values stays beyond it.
UPDATE measurement SET
    age_months = age_months / 6 * 6,
    height_z_tenths = CASE WHEN height_z_tenths < 0 THEN -((4 - height_z_tenths) / 5 * 5) ELSE (height_z_tenths + 4) / 5 * 5 END,
    weight_z_tenths = CASE WHEN weight_z_tenths < 0 THEN -((4 - weight_z_tenths) / 5 * 5) ELSE (weight_z_tenths + 4) / 5 * 5 END,
    bmi_z_tenths = CASE WHEN bmi_z_tenths < 0 THEN -((4 - bmi_z_tenths) / 5 * 5) ELSE (bmi_z_tenths + 4) / 5 * 5 END
WHERE month_only;
