-- When a user, or a merge, made the number the main number of its contact: the latest one is the main number. If no current number of a
-- contact has a value, the newest number is the main one.
ALTER TABLE addresses ADD COLUMN main_at TEXT;
