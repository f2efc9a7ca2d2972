-- The inbox: whose turn it is, drafts, saved replies, scheduled messages, and what is known of the content of files.

-- Since when the contact waits for an answer in this thread; null if there is nothing to answer.
ALTER TABLE threads ADD COLUMN waiting_since TEXT;
-- Since when there is something of the agent that no user has looked at.
ALTER TABLE threads ADD COLUMN agent_since TEXT;
CREATE INDEX idx_threads_waiting ON threads(business_id, contact_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX idx_threads_agent ON threads(business_id, contact_id) WHERE agent_since IS NOT NULL;
CREATE INDEX idx_threads_unread ON threads(business_id, contact_id) WHERE unread_count > 0;
CREATE INDEX idx_threads_archived ON threads(business_id, last_message_at DESC) WHERE archived_at IS NOT NULL;

CREATE INDEX idx_calls_contact ON calls(contact_id, started_at);

-- Texts that users have begun to write; one for each user and thread.
CREATE TABLE drafts (
    thread_id  INTEGER NOT NULL REFERENCES threads(id) ON DELETE CASCADE,
    -- The user or token: 'user:3'.
    actor      TEXT NOT NULL,
    text       TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (thread_id, actor)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_replies (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    -- What a user types to get the text; compared without case.
    shortcut    TEXT NOT NULL COLLATE NOCASE,
    text        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    UNIQUE (business_id, shortcut)
) STRICT;

-- Messages that are sent later. They are not in the outbox, which sends the messages to a contact in their order: one that
-- waits for next week would hold all others.
CREATE TABLE scheduled_messages (
    id         INTEGER PRIMARY KEY,
    thread_id  INTEGER NOT NULL REFERENCES threads(id) ON DELETE CASCADE,
    text       TEXT NOT NULL,
    -- The SHA-256 of its file.
    media_id   TEXT REFERENCES media(sha256) ON DELETE SET NULL,
    send_at    TEXT NOT NULL,
    -- The requested provider; null leaves the choice to the policy.
    provider   TEXT,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sent') OR state IN ('failed', 'cancelled')),
    -- The message that it became.
    message_id INTEGER REFERENCES messages(id) ON DELETE SET NULL,
    -- Why it was not sent.
    error_code TEXT,
    author     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX idx_scheduled_messages_due ON scheduled_messages(send_at) WHERE state = 'waiting';
CREATE INDEX idx_scheduled_messages_thread ON scheduled_messages(thread_id, send_at);

-- What is known of the content of a file. A table of its own: columns behind a large content are slow to read.
CREATE TABLE media_details (
    sha256      TEXT PRIMARY KEY NOT NULL REFERENCES media(sha256) ON DELETE CASCADE,
    width       INTEGER,
    height      INTEGER,
    duration_ms INTEGER,
    -- A picture of about 25 bytes, in Base64, that is shown until the image has been loaded.
    thumbhash   TEXT,
    -- The name that the user's file had.
    file_name   TEXT,
    -- A small JPEG or PNG.
    thumbnail   BLOB
) STRICT;

-- The loudness of a recording over time, computed when it is first shown.
CREATE TABLE recording_peaks (
    recording_id INTEGER PRIMARY KEY REFERENCES recordings(id) ON DELETE CASCADE,
    duration_ms  INTEGER NOT NULL,
    -- 20 bytes for each second of each side.
    caller       BLOB NOT NULL,
    agent        BLOB NOT NULL
) STRICT;
