INSERT INTO messages(thread_id, direction, message_type, media_kind, content_text, media_url, provider, provider_msg_id,
    status, author, quoted_msg_id, extra, created_at, provider_time)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT (provider, provider_msg_id, thread_id) WHERE provider_msg_id IS NOT NULL DO NOTHING
