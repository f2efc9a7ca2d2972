-- Messages that a provider refuses after it had accepted them, and attempts of which nobody knows how they ended.

-- The last refusal of a message on its way out, as JSON: what is refused, and why.
ALTER TABLE outbox ADD COLUMN last_refusal TEXT CHECK (last_refusal IS NULL OR json_valid(last_refusal));
-- When the contact blocked us or opted out; null again once the contact writes.
ALTER TABLE threads ADD COLUMN opted_out_at TEXT;
-- Since when nobody knows whether the message was sent; null while that is known.
ALTER TABLE outbox ADD COLUMN doubtful_since TEXT;

-- Attempts that a provider had accepted and then refused, by the provider's id: later status callbacks of them are
-- recognised, and change nothing once a later attempt has been made.
CREATE TABLE refused_attempts (
    provider        TEXT NOT NULL CHECK (provider IN ('twilio', 'baileys')),
    provider_msg_id TEXT NOT NULL,
    message_id      INTEGER NOT NULL REFERENCES messages(id),
    code            TEXT NOT NULL,
    error           TEXT NOT NULL,
    refused_at      TEXT NOT NULL,
    PRIMARY KEY (provider, provider_msg_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_refused_attempts_message ON refused_attempts(message_id);

-- Messages that a provider has accepted and not delivered.
CREATE INDEX idx_msgs_not_delivered ON messages(sent_at) WHERE direction = 'out' AND status = 'sent';

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

-- The order of messages: when the provider says that a message was written, by the provider's clock. Null where it did not say.
ALTER TABLE messages ADD COLUMN provider_time TEXT;

-- 1 for an incoming call that the service did not answer, because it was off or could not be reached, and that was read back from
-- Twilio's list of calls.
ALTER TABLE calls ADD COLUMN missed INTEGER NOT NULL DEFAULT 0 CHECK (missed IN (0, 1));
