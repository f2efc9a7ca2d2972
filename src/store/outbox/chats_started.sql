-- Recipients to whom the first message went since ?2, by the author ?1 and in all. A message after one of the contact's is an answer,
-- unless the thread shows another address: then contacts were merged.
SELECT count(*) FILTER (WHERE author = ?1), count(*) FROM (
    SELECT m.author, o.recipient, min(o.id)
    FROM outbox o JOIN messages m ON m.id = o.message_id JOIN threads t ON t.id = m.thread_id
    WHERE o.created_at >= ?2
        AND NOT EXISTS (
            SELECT 1 FROM messages e LEFT JOIN outbox p ON p.message_id = e.id
            WHERE e.thread_id = m.thread_id AND e.id < m.id AND e.status <> 'failed' AND (
                p.recipient = o.recipient
                OR (e.direction = 'in' OR e.author = 'phone') AND (
                    t.peer_number = o.recipient
                    OR EXISTS (
                        SELECT 1 FROM addresses a
                        WHERE a.contact_id = t.contact_id
                            AND (a.kind <> 'phone' AND a.number = o.recipient
                                OR a.kind = 'twilio_wa' AND '+' || a.value = o.recipient)))))
    GROUP BY o.recipient
)
