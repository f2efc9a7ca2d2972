-- Sets the turns of threads that a release without turns stored: the contact has waited since the first message after the business's last
-- one, or since the last call if it was missed or left a message.
UPDATE threads SET waiting_since = CASE type
        WHEN 'whatsapp' THEN (
            SELECT min(created_at) FROM messages WHERE thread_id = threads.id AND direction = 'in' AND created_at > coalesce(
                (SELECT max(created_at) FROM messages WHERE thread_id = threads.id AND direction = 'out'), ''))
        ELSE (
            SELECT started_at FROM calls WHERE id = (
                SELECT id FROM calls WHERE thread_id = threads.id ORDER BY started_at DESC, id DESC LIMIT 1)
              AND (missed = 1 OR message_text IS NOT NULL OR (end_reason = 'not_connected' AND blocked = 0 AND state = 'ended')))
    END
WHERE id > ?1 AND id <= ?2 AND unread_count > 0 AND waiting_since IS NULL AND merged_into IS NULL
