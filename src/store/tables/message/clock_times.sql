-- The newest messages whose time by the provider's clock is known.
SELECT created_at, provider_time FROM messages
WHERE id > (SELECT coalesce(max(id), 0) - 1000 FROM messages) AND provider = ?1 AND provider_time IS NOT NULL
ORDER BY id DESC LIMIT 8
