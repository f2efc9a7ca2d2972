-- Accounts: who created an API token and until when it is accepted, and the devices from which users have logged in.

-- The actor that created the token, in the form of the audit log; null if unknown.
ALTER TABLE api_tokens ADD COLUMN created_by TEXT;
-- The user who is responsible for the token: its creator, or the user of the token that created it. Without that user,
-- or if the user lacks the token's rights, it is rejected. Null for tokens of the command line.
ALTER TABLE api_tokens ADD COLUMN user_id INTEGER REFERENCES users(id);
ALTER TABLE api_tokens ADD COLUMN expires_at TEXT;

-- The audit log records who created the existing tokens. This is not a backfill, because there are few rows and a token of
-- a removed user must not outlive the upgrade.
UPDATE api_tokens SET created_by =
    (SELECT actor FROM audit_log WHERE action = 'token_created' AND subject = 'token:' || api_tokens.id);
UPDATE api_tokens SET user_id = (SELECT id FROM users WHERE 'user:' || id = api_tokens.created_by);

-- Browsers that have logged in, by user: wrong passwords from elsewhere do not delay them.
CREATE TABLE devices (
    -- SHA-256 of the cookie.
    id_hash       TEXT NOT NULL,
    user_id       INTEGER NOT NULL REFERENCES users(id),
    created_at    TEXT NOT NULL,
    last_login_at TEXT NOT NULL,
    PRIMARY KEY (id_hash, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_devices_user ON devices(user_id, last_login_at);
