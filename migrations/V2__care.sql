-- What needs a person, what was said of it, what the nightly self-check found, and files that were deleted as the settings say.

CREATE TABLE alerts (
    kind       TEXT PRIMARY KEY NOT NULL,
    -- What is known of it, as JSON.
    state      TEXT NOT NULL CHECK (json_valid(state)),
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_events (
    id   INTEGER PRIMARY KEY,
    at   TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- 'raised', 'lasts', 'cleared', 'muted', 'unmuted'
    news TEXT NOT NULL,
    -- By which way somebody was told; empty for what only happened.
    way  TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE self_checks (
    id       INTEGER PRIMARY KEY,
    began_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    well     INTEGER NOT NULL CHECK (well IN (0, 1)),
    findings TEXT NOT NULL CHECK (json_valid(findings))
) STRICT;

-- A file whose content was deleted keeps its row, so that what points to it still says what it was.
ALTER TABLE media ADD COLUMN pruned_at TEXT;
CREATE INDEX idx_media_created ON media(created_at) WHERE pruned_at IS NULL;
CREATE INDEX idx_recordings_created ON recordings(created_at) WHERE state = 'complete';
