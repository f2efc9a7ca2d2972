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
