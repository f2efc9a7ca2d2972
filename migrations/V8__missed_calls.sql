-- 1 for an incoming call that the service did not answer, because it was off or could not be reached, and that was read back from
-- Twilio's list of calls.
ALTER TABLE calls ADD COLUMN missed INTEGER NOT NULL DEFAULT 0 CHECK (missed IN (0, 1));
