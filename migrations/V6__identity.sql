-- Which contact an address belongs to now, and pairs of contacts that may be one person.

-- Of an id (`lid`, `bsuid`, `twilio_wa`): the phone number that it had when it was last seen together with one.
ALTER TABLE addresses ADD COLUMN number TEXT;
-- Of a phone number: since when the contact has another number instead. It is the contact's no longer, and may be taken by another one.
ALTER TABLE addresses ADD COLUMN former_at TEXT;

-- Two contacts with histories of their own that may be one person. A user decides; each pair is suggested once.
CREATE TABLE merge_suggestions (
    id              INTEGER PRIMARY KEY,
    business_id     INTEGER NOT NULL REFERENCES businesses(id),
    -- The older contact of the two.
    first_contact   INTEGER NOT NULL REFERENCES contacts(id),
    second_contact  INTEGER NOT NULL REFERENCES contacts(id),
    reason          TEXT NOT NULL CHECK (reason IN ('number_moved', 'named_together')),
    -- The address that both had, or that came together with an address of the other.
    address         TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    decision        TEXT CHECK (decision IN ('merged', 'dismissed')),
    decided_at      TEXT,
    UNIQUE (business_id, first_contact, second_contact)
) STRICT;
CREATE INDEX idx_merge_suggestions_open ON merge_suggestions(business_id, created_at) WHERE decision IS NULL;

-- What was told of a message before the message itself was known: it is applied with it.
CREATE TABLE early_message_updates (
    id              INTEGER PRIMARY KEY,
    provider        TEXT NOT NULL CHECK (provider IN ('twilio', 'baileys')),
    provider_msg_id TEXT NOT NULL,
    content         TEXT NOT NULL CHECK (json_valid(content)),
    received_at     TEXT NOT NULL,
    UNIQUE (provider, provider_msg_id, content)
) STRICT;

-- The provider's own id of a reaction, an edit or a deletion: the same one again is no news.
ALTER TABLE message_events ADD COLUMN provider_event_id TEXT;

-- Twilio brings calls by WhatsApp to the same webhook as phone calls.
ALTER TABLE calls ADD COLUMN medium TEXT NOT NULL DEFAULT 'phone' CHECK (medium IN ('phone', 'whatsapp'));
