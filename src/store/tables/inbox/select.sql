-- `t` is the thread of the contact with the newest activity, `w` the one of messages, `p` the one of calls.
SELECT t.id, t.contact_id, t.last_message_at, t.created_at, t.archived_at, coalesce(c.display_name, '') AS contact_name,
       {number} AS number,
       coalesce(w.unread_count, 0) + coalesce(p.unread_count, 0) AS unread,
       w.id AS w_id, w.waiting_since AS w_waiting, w.agent_since AS w_agent,
       p.id AS p_id, p.waiting_since AS p_waiting, p.agent_since AS p_agent,
       m.id AS m_id, m.direction AS m_direction, m.author AS m_author, m.media_kind AS m_kind,
       substr(m.content_text, 1, 300) AS m_text, m.status AS m_status, m.created_at AS m_at,
       k.id AS k_id, k.direction AS k_direction, k.state AS k_state, {end_reason} AS k_end_reason, k.missed AS k_missed,
       k.answered_at AS k_answered_at, k.engine AS k_engine, k.duration_ms AS k_duration_ms, k.started_at AS k_at,
       substr(k.message_text, 1, 300) AS k_message
FROM threads t
    LEFT JOIN contacts c ON c.id = t.contact_id
    LEFT JOIN threads w ON w.business_id = t.business_id AND w.type = 'whatsapp' AND w.contact_id = t.contact_id
    LEFT JOIN threads p ON p.business_id = t.business_id AND p.type = 'call' AND p.contact_id = t.contact_id
    LEFT JOIN messages m ON m.id = (SELECT id FROM messages WHERE thread_id = w.id ORDER BY created_at DESC, id DESC LIMIT 1)
    LEFT JOIN calls k ON k.id = (SELECT id FROM calls WHERE thread_id = p.id ORDER BY started_at DESC, id DESC LIMIT 1)
