SELECT {columns} FROM threads
WHERE business_id = :business
  AND merged_into IS NULL
  AND (:kind IS NULL OR type = :kind)
  AND (:words IS NULL
       OR title LIKE :words ESCAPE '\'
       OR peer_number LIKE coalesce(:digits, :words) ESCAPE '\'
       OR EXISTS (SELECT 1 FROM messages WHERE thread_id = threads.id AND content_text LIKE :words ESCAPE '\')
       OR EXISTS (SELECT 1 FROM calls JOIN call_turns ON call_id = calls.id
                  WHERE thread_id = threads.id AND text LIKE :words ESCAPE '\'))
  AND (:after_at IS NULL OR (last_message_at, id) < (:after_at, :after_id))
ORDER BY last_message_at DESC, id DESC
LIMIT :limit
