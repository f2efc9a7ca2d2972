-- Until when the failures so far allow that the job is retried; NULL before the first failure.
ALTER TABLE jobs ADD COLUMN retry_until TEXT;
