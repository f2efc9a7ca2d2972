-- Who opted a contact out, and by which word of a message; null in rows of earlier versions, in which only users could.
ALTER TABLE contacts ADD COLUMN opted_out_by TEXT;
ALTER TABLE contacts ADD COLUMN opted_out_word TEXT;
-- When the contact or a user last decided whether the contact gets messages, in either direction: an older message that
-- arrives later does not change this decision.
ALTER TABLE contacts ADD COLUMN opt_out_decided_at TEXT;

-- The confirmation of an opt-out is the one message that a contact still gets.
ALTER TABLE outbox ADD COLUMN confirms_opt_out INTEGER NOT NULL DEFAULT 0 CHECK (confirms_opt_out IN (0, 1));
