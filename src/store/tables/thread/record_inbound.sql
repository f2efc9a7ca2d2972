-- A message that was written before another one but arrived after it must not reset newer values. Values after ?6 are from
-- a time at which the clock was ahead.
UPDATE threads SET
    provider = ?2,
    unread_count = unread_count + 1,
    last_message_at = max(coalesce(last_message_at, ''), ?5),
    last_in_provider = iif(coalesce(last_in_at, '') > ?3 AND last_in_at <= ?6, last_in_provider, ?2),
    last_in_at = max(iif(last_in_at <= ?6, last_in_at, ''), ?3),
    last_in_twilio_at = iif(?4, max(iif(last_in_twilio_at <= ?6, last_in_twilio_at, ''), ?3), last_in_twilio_at),
    archived_at = NULL,
    opted_out_at = iif(opted_out_at <= ?3 OR opted_out_at > ?6, NULL, opted_out_at)
WHERE id = ?1
