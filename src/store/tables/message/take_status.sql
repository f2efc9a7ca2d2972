-- Message ?1 takes over the status of its echo ?2. The status `sent` is left out: the provider's answer will report it.
UPDATE messages SET (status, sent_at, delivered_at, read_at) = (
    SELECT status, coalesce(sent_at, delivered_at), delivered_at, read_at FROM messages WHERE id = ?2)
WHERE id = ?1 AND EXISTS (SELECT 1 FROM messages WHERE id = ?2 AND status IN ('delivered', 'read'))
