INSERT INTO message_events(message_id, kind, value, actor, provider, provider_event_id, at, detail)
SELECT :message, :kind, :value, :actor, :provider, :event_id, :at, :detail
WHERE CASE
    WHEN :event_id IS NOT NULL THEN NOT EXISTS (
        SELECT 1 FROM message_events WHERE message_id = :message AND provider_event_id = :event_id)
    WHEN :kind = 'edit' THEN NOT EXISTS (
        SELECT 1 FROM message_events
        WHERE message_id = :message AND kind = 'edit' AND actor = :actor AND value = :value
          AND (NOT :is_timed OR at = :at))
    ELSE NOT EXISTS (
        SELECT 1 FROM (
            SELECT value FROM message_events WHERE message_id = :message AND kind = :kind AND actor = :actor
              AND (:kind <> 'status' OR provider IS :provider)
            ORDER BY id DESC LIMIT iif(:kind = 'status', -1, 1)
        ) WHERE value = :value)
END
