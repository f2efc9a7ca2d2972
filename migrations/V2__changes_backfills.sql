-- The log of changes, which pages and agents follow, and the progress of backfills.

CREATE TABLE changes (
    -- Grows by one with each row, in the order of commits. The newest row is never deleted, so no number is used twice.
    seq       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    thread_id INTEGER,
    -- The id of the changed row; the kind determines its table.
    ref_id    INTEGER
) STRICT;

-- Migrations change only the schema. A backfill moves data afterwards, in steps, while the service runs; all rows up to
-- `done_to` are done.
CREATE TABLE backfills (
    name        TEXT PRIMARY KEY NOT NULL,
    done_to     INTEGER NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT
) STRICT, WITHOUT ROWID;
