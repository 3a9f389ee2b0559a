-- Changes of how long the names of a year are kept, each proposed by one person and confirmed by another.
CREATE TABLE year_rule_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    year_label TEXT NOT NULL REFERENCES academic_year (label),
    retention_days INTEGER NOT NULL,
    instrument TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'confirmed', 'in_force', 'withdrawn')),
    proposed_by BIGINT NOT NULL REFERENCES account (id),
    proposed_name TEXT NOT NULL,
    proposed_role TEXT NOT NULL,
    proposed_at TIMESTAMP NOT NULL,
    decided_by BIGINT REFERENCES account (id),
    decided_name TEXT,
    decided_at TIMESTAMP,
    takes_effect_on DATE
);
-- One change of a year at a time.
CREATE UNIQUE INDEX year_rule_change_open ON year_rule_change (year_label) WHERE state IN ('proposed', 'confirmed');
