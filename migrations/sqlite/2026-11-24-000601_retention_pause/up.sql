-- Pauses of retention. Each ends by itself.
CREATE TABLE retention_pause (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    paused_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    paused_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    ended_by TEXT,
    ended_at TIMESTAMP
);

-- A job that was paused without an end gets one: names must not go in the night of the upgrade unannounced.
INSERT INTO retention_pause (paused_by, reason, paused_at, ends_at)
SELECT 'upgrade', 'Paused before the upgrade', datetime('now'), datetime('now', '+7 days') FROM job WHERE name = 'retention' AND NOT enabled;
UPDATE job SET enabled = TRUE WHERE name = 'retention';
