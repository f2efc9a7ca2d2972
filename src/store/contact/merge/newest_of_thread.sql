-- Sets when the newest row of thread ?1 was, and ends the windows that rows of another thread have opened. A new thread (?2) has no
-- window unless the contact has written in it.
UPDATE threads SET
    last_message_at = coalesce(
        nullif(max(
            coalesce((SELECT max(created_at) FROM messages WHERE thread_id = ?1), ''),
            coalesce((SELECT max(started_at) FROM calls WHERE thread_id = ?1), '')), ''),
        iif(?2, NULL, last_message_at)),
    last_in_at = min(last_in_at, (SELECT max(created_at) FROM messages WHERE thread_id = ?1 AND direction = 'in')),
    last_in_twilio_at = min(last_in_twilio_at, (SELECT max(created_at) FROM messages WHERE thread_id = ?1 AND direction = 'in'))
WHERE id = ?1
