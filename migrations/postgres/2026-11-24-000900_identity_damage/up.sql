-- Children whose sealed identity could not be read when it was last opened. A row goes with the identity.
CREATE TABLE identity_damage (
    pupil_id BIGINT NOT NULL REFERENCES identity (pupil_id) ON DELETE CASCADE,
    PRIMARY KEY (pupil_id)
);
