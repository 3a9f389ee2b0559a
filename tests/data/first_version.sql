-- A class as the first version stored it: a child with a name, and one whose name has gone.
INSERT INTO academic_year (label, starts_on, ends_on, retention_days, instrument, key_state, created_at)
    VALUES ('2025-26', '2025-09-01', '2026-08-31', 365, 'x', 'active', '2026-09-01 10:00:00'),
    ('2026-27', '2026-09-01', '2027-08-31', 365, 'x', 'active', '2026-09-01 10:00:00');
INSERT INTO local_authority (code, name) VALUES ('999', 'Exampleshire');
INSERT INTO school (urn, la_code, establishment_number, name, type_name, type_group, status, phase, in_statistics, updated_at)
    VALUES (900101, '999', '1', 'A school', 'x', 4, 1, 'Primary', TRUE, '2026-09-01 10:00:00');
INSERT INTO pupil (id, year_label, school_urn, year_group, class_name, sex, ethnicity, lsoa, lsoa_vintage,
    deprivation_decile, deprivation_vintage, sensitive, growth_condition, name_removed_on, created_at, updated_at)
    VALUES (7, '2026-27', 900101, '6', 'Oak', 'F', 'J', 'E01000001', 2021, 4, 2025, TRUE, TRUE, NULL, '2026-09-01 10:00:00', '2026-09-01 10:00:00'),
    (8, '2026-27', 900101, '6', NULL, 'F', 'B', NULL, NULL, 9, 2025, FALSE, FALSE, '2026-11-17', '2026-09-01 10:00:00', '2026-09-01 10:00:00');
INSERT INTO measurement (pupil_id, version, measured_on, month_only, age_months, height_mm, weight_g, scheme, height_z_tenths, bmi_z_tenths, recorded_by, recorded_at)
    VALUES (8, 1, '2026-10-01', TRUE, 128, 1412, 34000, 'zscore', -31, 41, 'A nurse', '2026-10-01 00:00:00');
