-- Sets the time of the newest message or call of thread ?1. The times of the contact's last message, which open the 24-hour windows, become
-- no later than the contact's newest message that is still in the thread; null if there is none. If ?2 is true, the thread was just created,
-- and its time of the newest row is null if it has no rows.
UPDATE threads SET
    last_message_at = coalesce(
        nullif(max(
            coalesce((SELECT max(created_at) FROM messages WHERE thread_id = ?1), ''),
            coalesce((SELECT max(started_at) FROM calls WHERE thread_id = ?1), '')), ''),
        iif(?2, NULL, last_message_at)),
    last_in_at = min(last_in_at, (SELECT max(created_at) FROM messages WHERE thread_id = ?1 AND direction = 'in')),
    last_in_twilio_at = min(last_in_twilio_at, (SELECT max(created_at) FROM messages WHERE thread_id = ?1 AND direction = 'in'))
WHERE id = ?1
