WHERE t.business_id = :business
  AND t.merged_into IS NULL
  AND (:kind IS NULL OR t.type = :kind)
  AND {state}
  AND (:found IS NULL OR t.id IN (SELECT value FROM json_each(:found)))
  AND (:words IS NULL
       OR t.title LIKE :words ESCAPE '\'
       OR t.peer_number LIKE coalesce(:digits, :words) ESCAPE '\'
       OR EXISTS (SELECT 1 FROM messages WHERE thread_id = t.id AND content_text LIKE :words ESCAPE '\')
       OR EXISTS (SELECT 1 FROM calls JOIN call_turns ON call_id = calls.id
                  WHERE thread_id = t.id AND text LIKE :words ESCAPE '\'))
  AND (:after_at IS NULL OR (t.last_message_at, t.id) < (:after_at, :after_id))
ORDER BY t.last_message_at DESC, t.id DESC
LIMIT :limit
