SELECT id, started_at, state, missed, answered_at, engine, message_text IS NOT NULL AS has_message,
       {end_reason} AS end_reason,
       EXISTS (SELECT 1 FROM appointments WHERE contact_id = calls.contact_id AND call_id = calls.id) AS has_booked FROM calls
WHERE {conditions}
ORDER BY started_at DESC, id DESC
