UPDATE messages SET
    status = :status,
    error_code = :code,
    error = :error,
    sent_at = iif(:status IN ('sent', 'delivered', 'read'), coalesce(sent_at, :at), sent_at),
    delivered_at = iif(:status IN ('delivered', 'read'), coalesce(delivered_at, :at), delivered_at),
    read_at = iif(:status = 'read', coalesce(read_at, :at), read_at)
WHERE id = :id
