SELECT {columns} FROM threads
WHERE business_id = :business
  AND merged_into IS NULL
  AND (:kind IS NULL OR type = :kind)
  AND (:words IS NULL OR title LIKE :words ESCAPE '\' OR peer_number LIKE coalesce(:digits, :words) ESCAPE '\')
  AND (:after_at IS NULL OR (last_message_at, id) < (:after_at, :after_id))
ORDER BY last_message_at DESC, id DESC
LIMIT :limit
