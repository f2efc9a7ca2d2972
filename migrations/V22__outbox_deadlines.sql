-- When the message fails if it was not sent; 24 hours after created_at if null.
ALTER TABLE outbox ADD COLUMN expires_at TEXT;
-- Since when each attempt has failed because the file of the message cannot be fetched.
ALTER TABLE outbox ADD COLUMN no_file_since TEXT;
