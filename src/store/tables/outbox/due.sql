SELECT o.id, o.message_id, o.contact_id, o.recipient, o.send_key, nullif(o.requested, 'auto') AS named, o.provider,
    o.template, o.refused, o.last_refusal, o.state, o.attempts, o.unconfirmed_attempts, o.attempt_at, o.created_at, o.expires_at, o.no_file_since,
    m.thread_id, m.content_text, m.media_url, m.media_kind,
    q.provider_msg_id AS quoted_id, q.direction AS quoted_direction, q.content_text AS quoted_text,
    t.last_in_provider, t.last_in_at, t.last_in_twilio_at,
    -- What a provider has reported applies to the confirmation of an opt-out too.
    coalesce(t.opted_out_at, iif(o.confirms_opt_out, NULL, (SELECT opted_out_at FROM contacts WHERE id = o.contact_id))) AS opted_out_at,
    o.confirms_opt_out,
    t.last_in_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM messages e WHERE e.thread_id = m.thread_id AND e.id < m.id AND e.status <> 'failed')
        AS is_first_contact
FROM outbox o JOIN messages m ON m.id = o.message_id JOIN threads t ON t.id = m.thread_id
    -- Only the provider ?5 quotes, and only messages of its own account. What its author has deleted is not quoted.
    LEFT JOIN messages q ON q.provider = ?5 AND q.provider_msg_id = m.quoted_msg_id AND q.thread_id = m.thread_id
        AND NOT EXISTS (SELECT 1 FROM message_events d WHERE d.message_id = q.id AND d.kind = 'deletion')
-- The redundant list of states and the `+` make SQLite use the index of pending messages instead of the ids: most rows are of sent messages.
WHERE o.state IN ('queued', 'sending', 'doubtful') AND o.state <> 'sending' AND o.next_attempt_at <= ?1 AND +o.id > ?3
  -- Each contact has one running attempt at a time, and the messages are sent in order. An unconfirmed attempt blocks later messages for a minute
  -- (?4), and while it is due.
  AND NOT EXISTS (
      SELECT 1 FROM outbox other
      WHERE other.contact_id = o.contact_id AND other.id <> o.id AND other.id > ?3
        AND other.state IN ('queued', 'sending', 'doubtful')
        AND (other.state = 'sending' OR other.id < o.id AND (
            other.state = 'queued' OR other.doubtful_since > ?4 OR other.doubtful_since IS NULL
            OR other.next_attempt_at <= ?1)))
-- A contact who waits for an answer does not wait for messages to many others, which the send rate delays.
ORDER BY coalesce(t.last_in_at, '') < ?6, o.next_attempt_at, o.id
LIMIT ?2
