-- How far the echo ?2 has come, message ?1 has come too. An echo that was merely sent says no more than the answer will.
UPDATE messages SET (status, sent_at, delivered_at, read_at) = (
    SELECT status, coalesce(sent_at, delivered_at), delivered_at, read_at FROM messages WHERE id = ?2)
WHERE id = ?1 AND EXISTS (SELECT 1 FROM messages WHERE id = ?2 AND status IN ('delivered', 'read'))
