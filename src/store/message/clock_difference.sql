-- A message that arrived a little late shows a larger difference, so the smallest of several counts.
SELECT CAST(round(min(julianday(created_at) - julianday(provider_time)) * 86400000) AS INTEGER) FROM (
    SELECT created_at, provider_time FROM messages
    WHERE id > (SELECT coalesce(max(id), 0) - 1000 FROM messages) AND provider = ?1 AND provider_time IS NOT NULL
    ORDER BY id DESC LIMIT 8
)
