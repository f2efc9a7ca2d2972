-- Copies newer values from thread ?1 to thread ?2, and adds its unread count.
UPDATE threads SET
    peer_number = iif(loser.peer_number <> '' AND coalesce(loser.last_in_at, '') > coalesce(threads.last_in_at, ''), loser.peer_number, threads.peer_number),
    unread_count = threads.unread_count + loser.unread_count,
    last_message_at = nullif(max(coalesce(threads.last_message_at, ''), coalesce(loser.last_message_at, '')), ''),
    provider = iif(coalesce(loser.last_message_at, '') > coalesce(threads.last_message_at, ''),
        coalesce(loser.provider, threads.provider), coalesce(threads.provider, loser.provider)),
    last_in_provider = iif(coalesce(loser.last_in_at, '') > coalesce(threads.last_in_at, ''), loser.last_in_provider, threads.last_in_provider),
    last_in_at = nullif(max(coalesce(threads.last_in_at, ''), coalesce(loser.last_in_at, '')), ''),
    last_in_twilio_at = nullif(max(coalesce(threads.last_in_twilio_at, ''), coalesce(loser.last_in_twilio_at, '')), ''),
    opted_out_at = CASE
        WHEN loser.opted_out_at > coalesce(threads.last_in_at, '') THEN loser.opted_out_at
        WHEN threads.opted_out_at > coalesce(loser.last_in_at, '') THEN threads.opted_out_at
    END,
    waiting_since = CASE
        WHEN loser.waiting_since IS NULL OR threads.waiting_since < loser.waiting_since THEN threads.waiting_since
        ELSE loser.waiting_since
    END,
    agent_since = coalesce(threads.agent_since, loser.agent_since),
    archived_at = NULL
FROM (SELECT * FROM threads WHERE id = ?1) AS loser
WHERE threads.id = ?2
