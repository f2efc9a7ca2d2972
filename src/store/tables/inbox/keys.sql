-- Selects the threads of a page: of each contact the one with the newest activity. The outer query reads the shown columns of these threads only.
SELECT t.id FROM threads t
WHERE {order} AND t.merged_into IS NULL AND {state} AND {found} AND {cursor}
  AND t.last_message_at IS NOT NULL
  AND ({listed} OR EXISTS (SELECT 1 FROM threads WHERE contact_id = t.contact_id AND type = 'call' AND merged_into IS NULL))
  AND (:words IS NULL OR (SELECT display_name FROM contacts WHERE id = t.contact_id) LIKE :words ESCAPE '\'
       OR EXISTS (SELECT 1 FROM addresses
                  WHERE contact_id = t.contact_id AND value LIKE coalesce(:digits, :words) ESCAPE '\'))
  AND NOT EXISTS (SELECT 1 FROM threads o
                  WHERE o.contact_id = t.contact_id AND o.id <> t.id AND o.merged_into IS NULL
                    AND (o.last_message_at, o.id) > (t.last_message_at, t.id))
ORDER BY t.last_message_at DESC, t.id DESC
LIMIT :limit
