-- Greetings that the owner has recorded or uploaded. They are in the database, so that a copy of the one file has them.
CREATE TABLE greetings (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    -- Whether callers hear this one. If none is current, they hear the one of the package.
    is_current  INTEGER NOT NULL CHECK (is_current IN (0, 1)),
    sha256      TEXT NOT NULL,
    -- 'audio/mpeg' or 'audio/wav'.
    mime        TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    file_name   TEXT,
    -- The user or token that added it: 'user:3'.
    author      TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    content     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_greetings_current ON greetings(business_id) WHERE is_current = 1;
