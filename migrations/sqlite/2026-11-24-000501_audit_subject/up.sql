-- The secret by which events speak of a child. It goes with the name, and nothing says then which events were about whom.
CREATE TABLE audit_subject (
    pupil_id INTEGER NOT NULL REFERENCES pupil (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    PRIMARY KEY (pupil_id)
);
-- For a child's timeline, and to find subjects of an earlier version at every start.
CREATE INDEX audit_event_subject ON audit_event (subject);
