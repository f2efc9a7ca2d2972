-- Returns whether thread ?1 has a message to the address ?2, or one that the contact or the business's own phone wrote. After a merge of
-- contacts, the latter may be of another address: it counts only if ?2 is the address that the thread shows, the number that was seen with
-- one of the contact's ids, or WhatsApp's own spelling of a number (an address of the kind ?3, for some countries).
SELECT EXISTS (
    SELECT 1 FROM messages m JOIN threads t ON t.id = m.thread_id LEFT JOIN outbox o ON o.message_id = m.id
    WHERE m.thread_id = ?1 AND m.status <> 'failed' AND (
        o.recipient = ?2
        OR (m.direction = 'in' OR m.author = 'phone') AND (
            t.peer_number = ?2
            OR EXISTS (
                SELECT 1 FROM addresses a WHERE a.contact_id = t.contact_id
                    AND (a.kind <> 'phone' AND a.number = ?2 OR a.kind = ?3 AND '+' || a.value = ?2))))
)
