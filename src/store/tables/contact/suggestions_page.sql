  AND s.business_id = :business
  AND (:after_at IS NULL OR (s.created_at, s.id) < (:after_at, :after_id))
ORDER BY s.created_at DESC, s.id DESC
LIMIT :limit
