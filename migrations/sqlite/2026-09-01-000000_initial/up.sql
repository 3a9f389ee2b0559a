-- Tables whose key is several columns or a code keep their rows in the order of that key (WITHOUT ROWID): one tree less to
-- write for each row.

-- One collection year, 1 September to 31 August, and its rule for keeping names.
CREATE TABLE academic_year (
    label TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    closes_on DATE,
    scheme TEXT NOT NULL DEFAULT 'zscore',
    retention_days INTEGER,
    instrument TEXT,
    key_state TEXT NOT NULL DEFAULT 'absent' CHECK (key_state IN ('absent', 'active', 'destroyed')),
    key_fingerprint TEXT,
    key_destroyed_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (label)
);

-- Local authorities, from the schools register.
CREATE TABLE local_authority (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    contact_email TEXT,
    PRIMARY KEY (code)
);

-- Schools, from the schools register. URN: six digits.
CREATE TABLE school (
    urn INTEGER NOT NULL,
    la_code TEXT NOT NULL REFERENCES local_authority (code),
    establishment_number TEXT NOT NULL,
    name TEXT NOT NULL,
    type_name TEXT NOT NULL,
    type_group INTEGER NOT NULL,
    status INTEGER NOT NULL,
    phase TEXT NOT NULL,
    low_age INTEGER,
    high_age INTEGER,
    street TEXT,
    town TEXT,
    postcode TEXT,
    telephone TEXT,
    contact_email TEXT,
    in_statistics BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (urn)
);
CREATE INDEX school_la_code ON school (la_code);

-- Eligible children by hand, where the roster does not tell.
CREATE TABLE headcount (
    school_urn INTEGER NOT NULL REFERENCES school (urn),
    year_label TEXT NOT NULL REFERENCES academic_year (label),
    year_group TEXT NOT NULL CHECK (year_group IN ('R', '6')),
    eligible INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMP NOT NULL,
    PRIMARY KEY (school_urn, year_label, year_group)
);

-- A team at a school on a day.
CREATE TABLE visit (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    year_label TEXT NOT NULL REFERENCES academic_year (label),
    school_urn INTEGER NOT NULL REFERENCES school (urn),
    visit_on DATE NOT NULL,
    team TEXT,
    note TEXT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX visit_year_label_school_urn ON visit (year_label, school_urn);

-- One child in one academic year, without anything that names it.
CREATE TABLE pupil (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    year_label TEXT NOT NULL REFERENCES academic_year (label),
    school_urn INTEGER NOT NULL REFERENCES school (urn),
    year_group TEXT NOT NULL CHECK (year_group IN ('R', '6')),
    class_name TEXT,
    sex TEXT NOT NULL CHECK (sex IN ('F', 'M')),
    ethnicity TEXT,
    lsoa TEXT,
    lsoa_vintage INTEGER,
    deprivation_decile INTEGER,
    deprivation_vintage INTEGER,
    opted_out BOOLEAN NOT NULL DEFAULT FALSE,
    sensitive BOOLEAN NOT NULL DEFAULT FALSE,
    growth_condition BOOLEAN NOT NULL DEFAULT FALSE,
    on_roll BOOLEAN NOT NULL DEFAULT TRUE,
    outcome TEXT NOT NULL DEFAULT 'none' CHECK (outcome IN ('none', 'measured', 'not_measured')),
    outcome_version INTEGER NOT NULL DEFAULT 0,
    name_removed_on DATE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX pupil_year_label_school_urn_year_group ON pupil (year_label, school_urn, year_group);

-- The sealed identity of a child; gone when its date has come.
CREATE TABLE identity (
    pupil_id INTEGER NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    -- The child's year, which is checked there: checking once more would double what each row costs.
    year_label TEXT NOT NULL,
    format INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (pupil_id)
);

-- Versions of a child's measurement. Height in mm, weight in g. z-scores in tenths: finer ones would give the date of birth away.
CREATE TABLE measurement (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    measured_on DATE NOT NULL,
    month_only BOOLEAN NOT NULL DEFAULT FALSE,
    age_months INTEGER NOT NULL,
    height_mm INTEGER NOT NULL,
    weight_g INTEGER NOT NULL,
    scheme TEXT NOT NULL,
    height_z_tenths INTEGER,
    weight_z_tenths INTEGER,
    bmi_z_tenths INTEGER,
    population_category TEXT,
    population_severe BOOLEAN NOT NULL DEFAULT FALSE,
    clinical_category TEXT,
    clinical_severe BOOLEAN NOT NULL DEFAULT FALSE,
    not_assessed TEXT,
    device TEXT,
    measured_by TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    UNIQUE (pupil_id, version)
);

-- Why a child has no measurement; versions in one sequence with the measurements.
CREATE TABLE not_measured (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    reason TEXT NOT NULL,
    noted_on DATE NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    UNIQUE (pupil_id, version)
);

-- What a named person must confirm before a letter goes.
CREATE TABLE warning (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    code TEXT NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMP,
    UNIQUE (pupil_id, version, code)
);

-- An uploaded roster on its way in. The bytes are sealed and expire.
CREATE TABLE import (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    kind TEXT NOT NULL,
    year_label TEXT NOT NULL REFERENCES academic_year (label),
    school_urn INTEGER REFERENCES school (urn),
    state TEXT NOT NULL,
    layout TEXT,
    mapping TEXT,
    counts TEXT,
    sealed_upload BLOB,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    applied_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX import_year_label_state ON import (year_label, state);

-- A row of an import that waits, sealed like everything else.
CREATE TABLE import_row (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    import_id BIGINT NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    row_number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    codes TEXT NOT NULL,
    decision TEXT,
    pupil_id BIGINT REFERENCES pupil (id),
    sealed BLOB,
    UNIQUE (import_id, row_number)
);
CREATE INDEX import_row_pupil_id ON import_row (pupil_id);

-- Which import brought or changed which child.
CREATE TABLE import_pupil (
    -- Of an import, of which none is ever deleted; unchecked for the same reason.
    import_id BIGINT NOT NULL,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    action TEXT NOT NULL,
    sealed_before BLOB,
    PRIMARY KEY (import_id, pupil_id)
) WITHOUT ROWID;
CREATE INDEX import_pupil_pupil_id ON import_pupil (pupil_id);

-- What the columns of a layout were taken to be, once somebody has corrected them.
CREATE TABLE column_mapping (
    layout TEXT NOT NULL,
    mapping TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    PRIMARY KEY (layout)
);

-- Live postcodes with their areas (ONS).
CREATE TABLE postcode (
    code TEXT NOT NULL,
    la_code TEXT,
    ward_code TEXT,
    lsoa11 TEXT,
    lsoa21 TEXT,
    PRIMARY KEY (code)
) WITHOUT ROWID;

-- Deprivation deciles by small area; 1 is the most deprived.
CREATE TABLE deprivation (
    lsoa TEXT NOT NULL,
    vintage INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    PRIMARY KEY (lsoa, vintage)
) WITHOUT ROWID;

-- A letter to a parent: at most one for each child, kind and version.
CREATE TABLE letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    reasons TEXT NOT NULL DEFAULT '',
    decided_by TEXT,
    decided_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    UNIQUE (pupil_id, kind, version)
);
CREATE INDEX letter_state ON letter (state);

-- Messages on their way out, sealed; nothing is deleted on failure.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    kind TEXT NOT NULL,
    letter_id BIGINT REFERENCES letter (id),
    reference TEXT,
    year_label TEXT,
    sealed BLOB,
    message_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMP NOT NULL,
    lease_until TIMESTAMP,
    lease_owner TEXT,
    last_error TEXT,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX outbox_state_next_attempt_at ON outbox (state, next_attempt_at);

-- A frozen set of tables for one audience.
CREATE TABLE release (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    audience TEXT NOT NULL,
    years TEXT NOT NULL,
    state TEXT NOT NULL,
    as_at DATE NOT NULL,
    title TEXT NOT NULL,
    evidence TEXT NOT NULL,
    audit_passed BOOLEAN NOT NULL,
    frozen TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP,
    withdrawn_at TIMESTAMP
);
CREATE INDEX release_audience ON release (audience);

-- The figures of a release as shown; never a true small count.
CREATE TABLE release_figure (
    release_id BIGINT NOT NULL REFERENCES release (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    academic_years TEXT NOT NULL,
    area_type TEXT NOT NULL,
    area_code TEXT NOT NULL,
    area_name TEXT NOT NULL,
    year_group TEXT NOT NULL,
    sex TEXT NOT NULL,
    measure TEXT NOT NULL,
    category TEXT NOT NULL,
    numerator TEXT NOT NULL,
    denominator TEXT NOT NULL,
    percent TEXT NOT NULL,
    ci_lower TEXT NOT NULL,
    ci_upper TEXT NOT NULL,
    as_at TEXT NOT NULL,
    PRIMARY KEY (release_id, position)
);

-- Evidence of each retention night.
CREATE TABLE retention_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    as_of DATE NOT NULL,
    state TEXT NOT NULL,
    rule TEXT NOT NULL,
    counts TEXT NOT NULL,
    scan TEXT,
    identities_erased INTEGER NOT NULL DEFAULT 0,
    keys_destroyed TEXT NOT NULL DEFAULT '',
    started_by TEXT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);

-- Every unsealing of identities: who, why, how many.
CREATE TABLE access (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT,
    actor_label TEXT NOT NULL,
    purpose TEXT NOT NULL,
    scope_kind TEXT NOT NULL CHECK (scope_kind IN ('pupils', 'year')),
    year_label TEXT,
    pupil_count INTEGER NOT NULL
);
CREATE INDEX access_at ON access (at);

-- Which children an access touched.
CREATE TABLE access_pupil (
    access_id BIGINT NOT NULL REFERENCES access (id) ON DELETE CASCADE,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    PRIMARY KEY (access_id, pupil_id)
) WITHOUT ROWID;
CREATE INDEX access_pupil_pupil_id ON access_pupil (pupil_id);

-- The disclosure ledger: what left the organisation.
CREATE TABLE disclosure (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT,
    actor_label TEXT NOT NULL,
    recipient TEXT NOT NULL,
    purpose TEXT NOT NULL,
    fields TEXT NOT NULL,
    child_count INTEGER NOT NULL,
    reference TEXT
);
CREATE INDEX disclosure_at ON disclosure (at);

-- Which children a disclosure was about (none for aggregates).
CREATE TABLE disclosure_pupil (
    disclosure_id BIGINT NOT NULL REFERENCES disclosure (id) ON DELETE CASCADE,
    pupil_id BIGINT NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    PRIMARY KEY (disclosure_id, pupil_id)
) WITHOUT ROWID;
CREATE INDEX disclosure_pupil_pupil_id ON disclosure_pupil (pupil_id);

-- What happened, hash-chained by the sealer a second later.
CREATE TABLE audit_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT,
    actor_label TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    chain_position BIGINT UNIQUE,
    chain_hash BLOB
);

-- People who sign in.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'disabled')),
    failed_attempts INTEGER NOT NULL DEFAULT 0,
    locked_until TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Which schools or authorities an account works for.
CREATE TABLE assignment (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    school_urn INTEGER REFERENCES school (urn),
    la_code TEXT REFERENCES local_authority (code)
);
CREATE INDEX assignment_account_id ON assignment (account_id);

-- Signed-in browsers. The token itself is only in the cookie.
CREATE TABLE login (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);

-- A link that sets a password once.
CREATE TABLE password_token (
    token_hash BLOB NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    PRIMARY KEY (token_hash)
);

-- The scheduled jobs, claimed by lease.
CREATE TABLE job (
    name TEXT NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    next_due_at TIMESTAMP,
    lease_until TIMESTAMP,
    lease_owner TEXT,
    PRIMARY KEY (name)
);

-- Each run of a job; counts only, never a name.
CREATE TABLE job_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    job_name TEXT NOT NULL REFERENCES job (name),
    scheduled_for TIMESTAMP NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    UNIQUE (job_name, scheduled_for)
);

-- Settings that the programme changes.
CREATE TABLE setting (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (key)
);

-- Forms already taken, so that a double click does nothing twice.
CREATE TABLE submission (
    token TEXT NOT NULL,
    location TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (token)
);
