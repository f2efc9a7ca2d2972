SELECT id, business_id, display_name, created_at FROM contacts
WHERE business_id = :business
  AND merged_into IS NULL
  AND (:words IS NULL OR display_name LIKE :words ESCAPE '\'
       OR EXISTS (SELECT 1 FROM addresses
                  WHERE contact_id = contacts.id AND value LIKE coalesce(:digits, :words) ESCAPE '\'))
  AND (:after_at IS NULL OR (created_at, id) < (:after_at, :after_id))
ORDER BY created_at DESC, id DESC
LIMIT :limit
