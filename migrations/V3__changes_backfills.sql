-- What has changed, for pages and agents that follow it; and how far the data moves of new versions have come.

CREATE TABLE changes (
    -- Grows by one with each row, in the order of commits. The newest row is never deleted, so no number comes twice.
    seq       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    thread_id INTEGER,
    -- The row that changed: which table it is in follows from the kind.
    ref_id    INTEGER
) STRICT;

-- Migrations change the schema alone. Data is moved afterwards, in steps beside the service; all rows up to `done_to` are done.
CREATE TABLE backfills (
    name        TEXT PRIMARY KEY NOT NULL,
    done_to     INTEGER NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT
) STRICT, WITHOUT ROWID;
