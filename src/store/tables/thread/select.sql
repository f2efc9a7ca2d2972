SELECT t.id, t.business_id, t.type, t.provider, t.contact_id, t.peer_number, t.title, t.last_message_at, t.unread_count,
       t.ai_mode, t.waiting_since, t.agent_since, t.archived_at, t.last_in_twilio_at, t.created_at,
       coalesce(c.display_name, '') AS contact_name,
       m.id AS m_id, m.direction AS m_direction, m.author AS m_author, m.media_kind AS m_kind,
       substr(m.content_text, 1, 300) AS m_text, m.status AS m_status, m.created_at AS m_at,
       k.id AS k_id, k.direction AS k_direction, k.state AS k_state, {end_reason} AS k_end_reason, k.missed AS k_missed,
       k.answered_at AS k_answered_at, k.engine AS k_engine, k.duration_ms AS k_duration_ms, k.started_at AS k_at,
       substr(k.message_text, 1, 300) AS k_message
FROM threads t
    LEFT JOIN contacts c ON c.id = t.contact_id
    LEFT JOIN messages m ON m.id = (SELECT id FROM messages WHERE thread_id = t.id ORDER BY created_at DESC, id DESC LIMIT 1)
    LEFT JOIN calls k ON k.id = (SELECT id FROM calls WHERE thread_id = t.id ORDER BY started_at DESC, id DESC LIMIT 1)
