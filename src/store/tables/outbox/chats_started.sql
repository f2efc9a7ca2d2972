-- Counts the recipients with whom the business has started a conversation since ?2: those whose first message the author ?1 wrote, and all.
-- A message does not start a conversation if its thread has an earlier message to the same recipient, or one that the contact or the
-- business's own phone wrote. After a merge of contacts, the latter may be of another address: it counts only if the recipient is the address
-- that the thread shows, or belongs to one of the contact's ids, or to its spelling by WhatsApp (an address of the kind ?3).
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
                                OR a.kind = ?3 AND '+' || a.value = o.recipient)))))
    GROUP BY o.recipient
)
