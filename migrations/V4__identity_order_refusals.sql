-- Messages that a provider rejected after it had accepted them, attempts with an unknown outcome, the identity of contacts, and
-- the order of messages.

-- The last rejection of an outgoing message, as JSON: what was rejected, and why.
ALTER TABLE outbox ADD COLUMN last_refusal TEXT CHECK (last_refusal IS NULL OR json_valid(last_refusal));
-- When the contact blocked the business or opted out; null again once the contact writes.
ALTER TABLE threads ADD COLUMN opted_out_at TEXT;
-- Since when it is unknown whether the message was sent; null while it is known.
ALTER TABLE outbox ADD COLUMN doubtful_since TEXT;

-- Attempts that a provider accepted and later rejected, by the provider's id: their late status callbacks are recognised, and
-- change nothing once a later attempt has been made.
CREATE TABLE refused_attempts (
    provider        TEXT NOT NULL,
    provider_msg_id TEXT NOT NULL,
    message_id      INTEGER NOT NULL REFERENCES messages(id),
    code            TEXT NOT NULL,
    error           TEXT NOT NULL,
    refused_at      TEXT NOT NULL,
    PRIMARY KEY (provider, provider_msg_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_refused_attempts_message ON refused_attempts(message_id);

-- Messages that a provider has accepted but not delivered.
CREATE INDEX idx_msgs_not_delivered ON messages(sent_at) WHERE direction = 'out' AND status = 'sent';

-- For an id (`lid`, `bsuid`, `twilio_wa`): the phone number with which it was last seen.
ALTER TABLE addresses ADD COLUMN number TEXT;
-- For a phone number: since when the contact has another number instead. Another contact may have this one now.
ALTER TABLE addresses ADD COLUMN former_at TEXT;

-- Pairs of contacts with separate histories that may be one person. A user decides; each pair is suggested once.
CREATE TABLE merge_suggestions (
    id              INTEGER PRIMARY KEY,
    business_id     INTEGER NOT NULL REFERENCES businesses(id),
    -- The older contact of the two.
    first_contact   INTEGER NOT NULL REFERENCES contacts(id),
    second_contact  INTEGER NOT NULL REFERENCES contacts(id),
    reason          TEXT NOT NULL CHECK (reason IN ('number_moved', 'named_together')),
    -- The address that both had, or that was received together with an address of the other.
    address         TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    decision        TEXT CHECK (decision IN ('merged', 'dismissed')),
    decided_at      TEXT,
    UNIQUE (business_id, first_contact, second_contact)
) STRICT;
CREATE INDEX idx_merge_suggestions_open ON merge_suggestions(business_id, created_at) WHERE decision IS NULL;

-- Updates of a message that were received before the message. They are applied with it.
CREATE TABLE early_message_updates (
    id              INTEGER PRIMARY KEY,
    provider        TEXT NOT NULL,
    provider_msg_id TEXT NOT NULL,
    content         TEXT NOT NULL CHECK (json_valid(content)),
    received_at     TEXT NOT NULL,
    UNIQUE (provider, provider_msg_id, content)
) STRICT;

-- The provider's id of a reaction, an edit or a deletion; a repeated one is ignored.
ALTER TABLE message_events ADD COLUMN provider_event_id TEXT;

-- Twilio sends WhatsApp calls to the same webhook as phone calls.
ALTER TABLE calls ADD COLUMN medium TEXT NOT NULL DEFAULT 'phone' CHECK (medium IN ('phone', 'whatsapp'));

-- When the message was written, by the provider's clock; null if the provider did not report it.
ALTER TABLE messages ADD COLUMN provider_time TEXT;

-- 1 for an incoming call that the service did not answer, because it was off or unreachable, and that was read from Twilio's list
-- of calls.
ALTER TABLE calls ADD COLUMN missed INTEGER NOT NULL DEFAULT 0 CHECK (missed IN (0, 1));
