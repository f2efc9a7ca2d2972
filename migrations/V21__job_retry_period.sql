-- The longest age, in seconds, up to which a failure so far allows that the job is retried.
ALTER TABLE jobs ADD COLUMN retry_for_s INTEGER NOT NULL DEFAULT 0;
