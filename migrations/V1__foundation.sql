-- The business's data in one file. Times are RFC 3339 UTC text with milliseconds, flags are 0 or 1, money is in millionths of
-- a dollar. Migrations only ever add.
--
-- The program decides which providers exist, so no CHECK lists them. Other lists of values are checked two at a time: SQLite
-- compares with two, but for more it builds a table for each row that is written.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose data it is. Name, time zone and country are settings.
CREATE TABLE businesses (
    id         INTEGER PRIMARY KEY,
    created_at TEXT NOT NULL
) STRICT;

-- Contacts -----------------------------------------------------------------------------------------------------------

CREATE TABLE contacts (
    id           INTEGER PRIMARY KEY,
    business_id  INTEGER NOT NULL REFERENCES businesses(id),
    display_name TEXT NOT NULL DEFAULT '',
    name_source  TEXT NOT NULL DEFAULT '' CHECK (name_source IN ('', 'profile') OR name_source = 'owner'),
    language     TEXT,
    opted_out_at TEXT,
    merged_into  INTEGER REFERENCES contacts(id),
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL
) STRICT;

CREATE TABLE addresses (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    contact_id  INTEGER NOT NULL REFERENCES contacts(id),
    kind        TEXT NOT NULL CHECK (kind IN ('phone', 'lid') OR kind IN ('bsuid', 'twilio_wa') OR kind = 'mail'),
    value       TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    UNIQUE (business_id, kind, value)
) STRICT;
CREATE INDEX idx_addresses_contact ON addresses(contact_id);

-- One row for each merge, with the rows that moved, so that it can be undone.
CREATE TABLE contact_merges (
    id                INTEGER PRIMARY KEY,
    business_id       INTEGER NOT NULL REFERENCES businesses(id),
    kept_contact_id   INTEGER NOT NULL REFERENCES contacts(id),
    merged_contact_id INTEGER NOT NULL REFERENCES contacts(id),
    moved             TEXT NOT NULL CHECK (json_valid(moved)),
    actor             TEXT NOT NULL,
    merged_at         TEXT NOT NULL,
    undone_at         TEXT
) STRICT;

-- Conversations ------------------------------------------------------------------------------------------------------

CREATE TABLE threads (
    id                  INTEGER PRIMARY KEY,
    business_id         INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    type                TEXT NOT NULL CHECK (type IN ('whatsapp', 'call')),
    contact_id          INTEGER NOT NULL REFERENCES contacts(id),
    provider            TEXT,
    peer_number         TEXT NOT NULL,
    title               TEXT NOT NULL DEFAULT '',
    ai_mode             TEXT NOT NULL DEFAULT 'off' CHECK (ai_mode IN ('off', 'suggest') OR ai_mode IN ('auto', 'paused')),
    unread_count        INTEGER NOT NULL DEFAULT 0,
    last_message_at     TEXT,
    -- The provider by which the contact last wrote, and when.
    last_in_provider    TEXT,
    last_in_at          TEXT,
    -- When the contact last wrote to the Twilio sender: Twilio's own window of 24 hours.
    last_in_twilio_at   TEXT,
    archived_at         TEXT,
    -- The thread into which this one was merged; its rows have moved there.
    merged_into         INTEGER REFERENCES threads(id),
    created_at          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_threads_person ON threads(business_id, type, contact_id);
CREATE INDEX idx_threads_biz_last ON threads(business_id, last_message_at DESC);
CREATE INDEX idx_threads_contact ON threads(contact_id);

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
    thread_id       INTEGER NOT NULL REFERENCES threads(id),
    direction       TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    message_type    TEXT NOT NULL CHECK (message_type IN ('text', 'media')),
    media_kind      TEXT NOT NULL DEFAULT 'text' CHECK (media_kind IN ('text', 'image') OR media_kind IN ('audio', 'voice') OR media_kind IN ('video', 'document') OR media_kind IN ('sticker', 'location') OR media_kind IN ('contact', 'template') OR media_kind = 'other'),
    content_text    TEXT NOT NULL DEFAULT '',
    media_url       TEXT,
    provider        TEXT,
    provider_msg_id TEXT,
    status          TEXT NOT NULL CHECK (status IN ('received', 'queued') OR status IN ('sent', 'delivered') OR status IN ('read', 'failed')),
    error_code      TEXT,
    error           TEXT,
    -- The author of an outgoing message: 'user:3', 'token:2', 'agent', 'phone'.
    author          TEXT,
    quoted_msg_id   TEXT,
    -- What the provider reported beyond these columns, unchanged.
    extra           TEXT CHECK (extra IS NULL OR json_valid(extra)),
    sent_at         TEXT,
    delivered_at    TEXT,
    read_at         TEXT,
    created_at      TEXT NOT NULL
) STRICT;
CREATE INDEX idx_msgs_thread_time ON messages(thread_id, created_at);
-- WhatsApp's own ids are unique only within a chat, so the chat is part of the key.
CREATE UNIQUE INDEX idx_msgs_provider_id ON messages(provider, provider_msg_id, thread_id) WHERE provider_msg_id IS NOT NULL;

CREATE TABLE message_events (
    id           INTEGER PRIMARY KEY,
    message_id   INTEGER NOT NULL REFERENCES messages(id),
    kind         TEXT NOT NULL CHECK (kind IN ('status', 'edit') OR kind IN ('reaction', 'deletion')),
    value        TEXT NOT NULL DEFAULT '',
    actor        TEXT NOT NULL DEFAULT '',
    provider     TEXT,
    at           TEXT NOT NULL,
    detail       TEXT CHECK (detail IS NULL OR json_valid(detail))
) STRICT;
CREATE INDEX idx_message_events_message ON message_events(message_id, id);

-- Files, each once, by the SHA-256 of its content.
CREATE TABLE media (
    sha256     TEXT PRIMARY KEY NOT NULL,
    mime       TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    content    BLOB NOT NULL,
    created_at TEXT NOT NULL,
    -- When the content was deleted. The row stays, so that what refers to it still shows what it was.
    pruned_at  TEXT
) STRICT;
CREATE INDEX idx_media_created ON media(created_at) WHERE pruned_at IS NULL;

CREATE TABLE message_media (
    id           INTEGER PRIMARY KEY,
    message_id   INTEGER NOT NULL REFERENCES messages(id),
    position     INTEGER NOT NULL,
    source_url   TEXT NOT NULL,
    mime         TEXT,
    file_name    TEXT,
    sha256       TEXT REFERENCES media(sha256),
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'stored') OR state IN ('linked', 'failed') OR state = 'pruned'),
    error        TEXT,
    UNIQUE (message_id, position)
) STRICT;
CREATE INDEX idx_message_media_sha ON message_media(sha256) WHERE sha256 IS NOT NULL;

-- Calls --------------------------------------------------------------------------------------------------------------

CREATE TABLE calls (
    id            INTEGER PRIMARY KEY,
    business_id   INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    call_sid      TEXT NOT NULL UNIQUE,
    thread_id     INTEGER NOT NULL REFERENCES threads(id),
    contact_id    INTEGER NOT NULL REFERENCES contacts(id),
    direction     TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    peer_number   TEXT NOT NULL,
    own_number    TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('ringing', 'live') OR state IN ('fallback', 'transferred') OR state = 'ended'),
    stream_sid    TEXT,
    engine        TEXT,
    model         TEXT,
    started_at    TEXT NOT NULL,
    answered_at   TEXT,
    ended_at      TEXT,
    end_reason    TEXT CHECK (end_reason IN ('caller_hung_up', 'agent_hung_up') OR end_reason IN ('message_taken', 'transferred') OR end_reason IN ('idle', 'too_long') OR end_reason IN ('fallback', 'dropped') OR end_reason IN ('shutdown', 'not_connected') OR end_reason = 'interrupted'),
    duration_ms   INTEGER,
    cost_micros   INTEGER NOT NULL DEFAULT 0,
    message_text  TEXT,
    summary       TEXT,
    language      TEXT,
    updated_at    TEXT NOT NULL
) STRICT;
CREATE INDEX idx_calls_biz_started ON calls(business_id, started_at DESC);
CREATE INDEX idx_calls_thread ON calls(thread_id, started_at);
CREATE INDEX idx_calls_open ON calls(state) WHERE state <> 'ended';

CREATE TABLE call_turns (
    id                  INTEGER PRIMARY KEY,
    call_id             INTEGER NOT NULL REFERENCES calls(id),
    seq                 INTEGER NOT NULL,
    -- The engine's id of the item; an item that is reported twice is one turn.
    item_id             TEXT NOT NULL,
    speaker             TEXT NOT NULL CHECK (speaker IN ('caller', 'agent') OR speaker IN ('tool', 'system')),
    text                TEXT NOT NULL DEFAULT '',
    heard_text          TEXT NOT NULL DEFAULT '',
    interrupted         INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1)),
    started_ms          INTEGER NOT NULL,
    ended_ms            INTEGER,
    response_created_ms INTEGER,
    first_delta_ms      INTEGER,
    first_sent_ms       INTEGER,
    first_played_ms     INTEGER,
    tokens_in           INTEGER NOT NULL DEFAULT 0,
    tokens_out          INTEGER NOT NULL DEFAULT 0,
    cost_micros         INTEGER NOT NULL DEFAULT 0,
    created_at          TEXT NOT NULL,
    UNIQUE (call_id, item_id)
) STRICT;
CREATE INDEX idx_call_turns_call ON call_turns(call_id, seq);

CREATE TABLE call_events (
    id      INTEGER PRIMARY KEY,
    call_id INTEGER NOT NULL REFERENCES calls(id),
    kind    TEXT NOT NULL,
    detail  TEXT CHECK (detail IS NULL OR json_valid(detail)),
    at      TEXT NOT NULL
) STRICT;
CREATE INDEX idx_call_events_call ON call_events(call_id, id);

CREATE TABLE recordings (
    id           INTEGER PRIMARY KEY,
    call_id      INTEGER NOT NULL REFERENCES calls(id),
    -- 'stream': both sides, recorded from the media stream. 'twilio': recorded by Twilio.
    source       TEXT NOT NULL CHECK (source IN ('stream', 'twilio')),
    provider_sid TEXT UNIQUE,
    mime         TEXT NOT NULL DEFAULT 'audio/wav',
    channels     INTEGER NOT NULL DEFAULT 1,
    duration_ms  INTEGER NOT NULL DEFAULT 0,
    bytes        INTEGER NOT NULL DEFAULT 0,
    state        TEXT NOT NULL CHECK (state IN ('running', 'waiting') OR state IN ('complete', 'failed') OR state = 'pruned'),
    -- The position of the caller's message in the file.
    message_ms   INTEGER,
    source_url   TEXT,
    error        TEXT,
    created_at   TEXT NOT NULL
) STRICT;
CREATE INDEX idx_recordings_call ON recordings(call_id);
CREATE INDEX idx_recordings_created ON recordings(created_at) WHERE state = 'complete';

-- The chunks of a recording, in order, form the file.
CREATE TABLE recording_chunks (
    recording_id INTEGER NOT NULL REFERENCES recordings(id),
    seq          INTEGER NOT NULL,
    content      BLOB NOT NULL,
    PRIMARY KEY (recording_id, seq)
) STRICT;

-- Webhooks, outbox, jobs ------------------------------------------------------------------------------------------------

-- Raw webhooks as they were received, oldest first: ids grow with time.
CREATE TABLE webhook_journal (
    id          INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,
    source      TEXT NOT NULL,
    path        TEXT NOT NULL,
    content_type TEXT NOT NULL DEFAULT '',
    body        BLOB NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('stored', 'duplicate') OR outcome IN ('ignored', 'malformed')),
    note        TEXT NOT NULL DEFAULT '',
    message_id  INTEGER REFERENCES messages(id),
    call_id     INTEGER REFERENCES calls(id)
) STRICT;

-- Outgoing messages; one in flight for each contact.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY,
    message_id      INTEGER NOT NULL UNIQUE REFERENCES messages(id),
    contact_id      INTEGER NOT NULL REFERENCES contacts(id),
    recipient       TEXT NOT NULL,
    -- The idempotency key that the provider receives with each attempt; never changes.
    send_key        TEXT NOT NULL UNIQUE,
    -- The requested provider, or 'auto'. A named provider does not fail over.
    requested       TEXT NOT NULL,
    provider        TEXT NOT NULL,
    template        INTEGER NOT NULL DEFAULT 0 CHECK (template IN (0, 1)),
    -- Providers that have definitely refused, as JSON.
    refused         TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(refused)),
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sending') OR state IN ('doubtful', 'done') OR state = 'failed'),
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- Attempts through Twilio whose outcome is unknown and that are not in its list of messages.
    unconfirmed_attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    -- When the current attempt, or the one with an unknown outcome, started.
    attempt_at      TEXT,
    last_error      TEXT,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL
) STRICT;
CREATE INDEX idx_outbox_due ON outbox(next_attempt_at) WHERE state IN ('queued', 'sending', 'doubtful');
CREATE INDEX idx_outbox_contact ON outbox(contact_id, id) WHERE state IN ('queued', 'sending', 'doubtful');

CREATE TABLE idempotency_keys (
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer      TEXT NOT NULL CHECK (json_valid(answer)),
    created_at  TEXT NOT NULL,
    PRIMARY KEY (business_id, key)
) STRICT, WITHOUT ROWID;

-- Background jobs: fetch a recording, fetch a file.
CREATE TABLE jobs (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    -- A job that exists already is not added again.
    unique_key TEXT UNIQUE,
    payload    TEXT NOT NULL CHECK (json_valid(payload)),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'done') OR state = 'failed'),
    attempts   INTEGER NOT NULL DEFAULT 0,
    run_at     TEXT NOT NULL,
    last_error TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX idx_jobs_due ON jobs(run_at) WHERE state = 'waiting';

-- Settings and accounts ----------------------------------------------------------------------------------------------

CREATE TABLE settings (
    key        TEXT PRIMARY KEY NOT NULL,
    value      TEXT NOT NULL CHECK (json_valid(value)),
    updated_at TEXT NOT NULL,
    actor      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings_history (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL,
    value      TEXT CHECK (value IS NULL OR json_valid(value)),
    changed_at TEXT NOT NULL,
    actor      TEXT NOT NULL
) STRICT;
CREATE INDEX idx_settings_history_key ON settings_history(key, id);

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    business_id   INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role          TEXT NOT NULL CHECK (role IN ('owner', 'staff')),
    password_hash TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    last_login_at TEXT,
    disabled_at   TEXT
) STRICT;

CREATE TABLE sessions (
    -- SHA-256 of the cookie.
    id_hash      TEXT PRIMARY KEY NOT NULL,
    user_id      INTEGER NOT NULL REFERENCES users(id),
    csrf_token   TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    user_agent   TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_sessions_user ON sessions(user_id);

CREATE TABLE api_tokens (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('owner', 'staff')),
    -- SHA-256 of the token.
    token_hash   TEXT NOT NULL UNIQUE,
    created_at   TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at   TEXT
) STRICT;

CREATE TABLE setup_codes (
    -- SHA-256 of the code.
    code_hash  TEXT PRIMARY KEY NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at    TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    detail  TEXT CHECK (detail IS NULL OR json_valid(detail))
) STRICT;
CREATE INDEX idx_audit_at ON audit_log(at);

-- Monitoring ---------------------------------------------------------------------------------------------------------

CREATE TABLE alerts (
    kind       TEXT PRIMARY KEY NOT NULL,
    -- The state of the alert, as JSON.
    state      TEXT NOT NULL CHECK (json_valid(state)),
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_events (
    id         INTEGER PRIMARY KEY,
    at         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    -- 'raised', 'lasts', 'cleared', 'muted', 'unmuted'
    transition TEXT NOT NULL,
    -- The channel of a notification; empty for a change of state.
    channel    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE self_checks (
    id       INTEGER PRIMARY KEY,
    began_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    ok       INTEGER NOT NULL CHECK (ok IN (0, 1)),
    findings TEXT NOT NULL CHECK (json_valid(findings))
) STRICT;

INSERT INTO businesses(id, created_at) VALUES (1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
INSERT INTO meta(key, value) VALUES ('instance_id', lower(hex(randomblob(16))));
