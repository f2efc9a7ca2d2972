-- The calls that an employee lets the agent make: the queue, and what became of each.
CREATE TABLE outbound_calls (
    id             INTEGER PRIMARY KEY,
    business_id    INTEGER NOT NULL REFERENCES businesses(id),
    contact_id     INTEGER NOT NULL REFERENCES contacts(id),
    -- The number to call, and the number of the business that the contact sees, in E.164 form.
    number         TEXT NOT NULL,
    own_number     TEXT NOT NULL,
    -- Why the agent calls; it says so in its first sentence.
    purpose        TEXT NOT NULL,
    -- The missed call that is returned.
    missed_call_id INTEGER REFERENCES calls(id) ON DELETE SET NULL,
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'dialing') OR state IN ('done', 'failed', 'cancelled')),
    -- What became of the last attempt.
    outcome        TEXT CHECK (outcome IN ('answered', 'machine', 'busy', 'no_answer') OR outcome IN ('failed', 'opted_out', 'blocked')),
    -- The earliest time of the next attempt.
    due_at         TEXT NOT NULL,
    -- The number of attempts so far, including one in progress.
    attempts       INTEGER NOT NULL DEFAULT 0,
    -- When the last attempt began. It is stored before Twilio is asked to dial.
    dialed_at      TEXT,
    -- Twilio's id of the last attempt; null until Twilio has answered.
    call_sid       TEXT,
    -- The user or token: 'user:3'.
    requested_by   TEXT NOT NULL,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
) STRICT;
CREATE INDEX idx_outbound_calls_open ON outbound_calls(state, due_at) WHERE state IN ('waiting', 'dialing');
CREATE INDEX idx_outbound_calls_contact ON outbound_calls(contact_id);
CREATE INDEX idx_outbound_calls_sid ON outbound_calls(call_sid) WHERE call_sid IS NOT NULL;
-- A missed call is returned once.
CREATE UNIQUE INDEX idx_outbound_calls_missed ON outbound_calls(missed_call_id)
    WHERE missed_call_id IS NOT NULL AND state <> 'cancelled';
