-- The second column is true for a first contact: the thread had no earlier message in either direction, except failed ones.
SELECT m.sent_at,
    NOT EXISTS (SELECT 1 FROM messages e WHERE e.thread_id = m.thread_id AND e.id < m.id AND e.status <> 'failed')
FROM outbox o JOIN messages m ON m.id = o.message_id
WHERE o.state = 'done' AND o.provider = ?1 AND m.sent_at >= ?2
ORDER BY m.sent_at
