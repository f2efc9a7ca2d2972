INSERT INTO message_events(message_id, kind, value, actor, provider, at, detail)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
WHERE NOT EXISTS (
    SELECT 1 FROM (
        SELECT value FROM message_events WHERE message_id = ?1 AND kind = ?2 AND actor = ?4 AND (?2 <> 'status' OR provider IS ?5)
        ORDER BY id DESC LIMIT iif(?2 = 'status', -1, 1)
    ) WHERE value = ?3
)
