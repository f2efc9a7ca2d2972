-- What the business records about its contacts: notes, tags, fields of its own, tasks and leads.

-- When the newest message or call of the contact was; null if there was none. Triggers keep it, so that every write to a thread counts,
-- and a backfill sets it for the threads that exist already.
ALTER TABLE contacts ADD COLUMN last_activity_at TEXT;

-- The three orders of the list of contacts. A contact without a name is listed after those with one.
CREATE INDEX idx_contacts_activity ON contacts(business_id, coalesce(last_activity_at, created_at), id) WHERE merged_into IS NULL;
CREATE INDEX idx_contacts_created ON contacts(business_id, created_at, id) WHERE merged_into IS NULL;
CREATE INDEX idx_contacts_name ON contacts(business_id, (iif(display_name = '', char(1114111), display_name)) COLLATE NOCASE, id) WHERE merged_into IS NULL;

CREATE TRIGGER contact_activity_of_new_thread AFTER INSERT ON threads WHEN new.last_message_at IS NOT NULL BEGIN
    UPDATE contacts SET last_activity_at = new.last_message_at
    WHERE id = new.contact_id AND coalesce(last_activity_at, '') < new.last_message_at;
END;
CREATE TRIGGER contact_activity_of_thread AFTER UPDATE OF last_message_at, contact_id ON threads
WHEN new.last_message_at IS NOT NULL AND (new.last_message_at IS NOT old.last_message_at OR new.contact_id <> old.contact_id) BEGIN
    UPDATE contacts SET last_activity_at = new.last_message_at
    WHERE id = new.contact_id AND coalesce(last_activity_at, '') < new.last_message_at;
END;

CREATE TABLE contact_notes (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    contact_id  INTEGER NOT NULL REFERENCES contacts(id),
    text        TEXT NOT NULL,
    -- The actor that wrote it, in the form of the audit log.
    author      TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    -- A deleted note can be restored.
    deleted_at  TEXT
) STRICT;
CREATE INDEX idx_contact_notes_contact ON contact_notes(contact_id, id);

CREATE TABLE tags (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    name        TEXT NOT NULL COLLATE NOCASE,
    created_at  TEXT NOT NULL,
    UNIQUE (business_id, name)
) STRICT;

CREATE TABLE contact_tags (
    contact_id INTEGER NOT NULL REFERENCES contacts(id),
    tag_id     INTEGER NOT NULL REFERENCES tags(id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (contact_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_contact_tags_tag ON contact_tags(tag_id, contact_id);

CREATE TABLE custom_fields (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    name        TEXT NOT NULL COLLATE NOCASE,
    kind        TEXT NOT NULL CHECK (kind IN ('text', 'number') OR kind IN ('date', 'choice') OR kind = 'flag'),
    -- The values of a choice, as JSON.
    choices     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(choices)),
    created_at  TEXT NOT NULL,
    -- Since when the field is not shown. Its values are kept.
    archived_at TEXT
) STRICT;
CREATE UNIQUE INDEX idx_custom_fields_name ON custom_fields(business_id, name) WHERE archived_at IS NULL;

CREATE TABLE contact_fields (
    contact_id INTEGER NOT NULL REFERENCES contacts(id),
    field_id   INTEGER NOT NULL REFERENCES custom_fields(id),
    value      TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (contact_id, field_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    title       TEXT NOT NULL,
    contact_id  INTEGER REFERENCES contacts(id),
    thread_id   INTEGER REFERENCES threads(id),
    call_id     INTEGER REFERENCES calls(id),
    -- At most one of the two: a moment, or a day of the business's calendar.
    due_at      TEXT,
    due_date    TEXT,
    assignee    INTEGER REFERENCES users(id),
    source      TEXT NOT NULL CHECK (source IN ('user', 'agent')),
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    done_at     TEXT,
    done_by     TEXT,
    -- By this the list is ordered: a day counts as its end, a task without a time comes last.
    due_key     TEXT GENERATED ALWAYS AS (coalesce(due_at, due_date || 'T23:59:59.999Z', '9999')) VIRTUAL
) STRICT;
CREATE INDEX idx_tasks_open ON tasks(business_id, due_key, id) WHERE done_at IS NULL;
CREATE INDEX idx_tasks_contact ON tasks(contact_id, id) WHERE contact_id IS NOT NULL;

CREATE TABLE lead_stages (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    -- Of the stages that every business starts with: by it a page names the stage until a user gives it a name.
    key         TEXT,
    name        TEXT,
    -- What a lead in this stage has become; empty while it is open.
    outcome     TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('won', 'lost') OR outcome = ''),
    position    INTEGER NOT NULL,
    CHECK (key IS NOT NULL OR name IS NOT NULL)
) STRICT;
INSERT INTO lead_stages(business_id, key, outcome, position) VALUES (1, 'new', '', 1), (1, 'quoted', '', 2), (1, 'won', 'won', 3), (1, 'lost', 'lost', 4);

CREATE TABLE leads (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL REFERENCES businesses(id),
    contact_id  INTEGER NOT NULL REFERENCES contacts(id),
    title       TEXT NOT NULL,
    stage_id    INTEGER NOT NULL REFERENCES lead_stages(id),
    -- The expected amount in hundredths of the currency.
    value_minor INTEGER,
    -- Where the lead came from, as the user wrote it.
    source      TEXT NOT NULL DEFAULT '',
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    -- Since when it is in a stage with an outcome.
    closed_at   TEXT
) STRICT;
CREATE INDEX idx_leads_contact ON leads(contact_id, id);
CREATE INDEX idx_leads_stage ON leads(stage_id, updated_at);

-- A message or a call is deleted with its webhooks; without these indexes each deletion would read the whole log.
CREATE INDEX idx_webhook_journal_message ON webhook_journal(message_id) WHERE message_id IS NOT NULL;
CREATE INDEX idx_webhook_journal_call ON webhook_journal(call_id) WHERE call_id IS NOT NULL;
