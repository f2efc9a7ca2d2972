-- Selects the threads of a page. The outer query reads the shown columns of these threads only.
SELECT t.id FROM threads t
WHERE {order} AND t.merged_into IS NULL AND {state} AND {found} AND {cursor}
  AND t.last_message_at IS NOT NULL AND {listed}
  AND (:kind IS NULL OR t.type = :kind)
  AND (:words IS NULL
       OR t.title LIKE :words ESCAPE '\'
       OR t.peer_number LIKE coalesce(:digits, :words) ESCAPE '\'
       OR EXISTS (SELECT 1 FROM messages WHERE thread_id = t.id AND content_text LIKE :words ESCAPE '\')
       OR EXISTS (SELECT 1 FROM calls JOIN call_turns ON call_id = calls.id
                  WHERE thread_id = t.id AND text LIKE :words ESCAPE '\'))
ORDER BY t.last_message_at DESC, t.id DESC
LIMIT :limit
