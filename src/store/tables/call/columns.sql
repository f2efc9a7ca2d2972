id, business_id, call_sid, thread_id, contact_id, direction, medium, peer_number, own_number, state, engine, model, started_at,
answered_at, ended_at, missed, duration_ms, cost_micros, message_text,
{end_reason} AS end_reason
