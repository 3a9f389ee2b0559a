-- Whether something speaks against publishing the release: it shows nothing, or a part of a year.
ALTER TABLE release ADD COLUMN needs_care BOOLEAN NOT NULL DEFAULT 0;
