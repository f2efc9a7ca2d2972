  AND t.business_id = :business
  AND (:found IS NULL OR t.contact_id IN (SELECT value FROM json_each(:found)))
  AND (:words IS NULL OR c.display_name LIKE :words ESCAPE '\'
       OR EXISTS (SELECT 1 FROM addresses
                  WHERE contact_id = t.contact_id AND value LIKE coalesce(:digits, :words) ESCAPE '\'))
  AND (:after_at IS NULL OR (t.last_message_at, t.id) < (:after_at, :after_id))
ORDER BY t.last_message_at DESC, t.id DESC
LIMIT :limit
