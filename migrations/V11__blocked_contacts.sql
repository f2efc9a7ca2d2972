-- Contacts that a user has blocked: their calls are rejected, and their messages are neither unread nor waiting.

ALTER TABLE contacts ADD COLUMN blocked_at TEXT;
CREATE INDEX idx_contacts_blocked ON contacts(business_id) WHERE blocked_at IS NOT NULL;

-- The call was rejected because its caller was blocked. `end_reason` has fixed values, so it is 'not_connected' here.
ALTER TABLE calls ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1));
CREATE INDEX idx_calls_blocked ON calls(business_id, started_at) WHERE blocked = 1;
