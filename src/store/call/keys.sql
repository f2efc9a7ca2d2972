SELECT id, started_at, state, missed, answered_at, engine, message_text IS NOT NULL AS has_message,
       -- As in columns.sql, so that the list shows each call with the outcome by which it is selected.
       CASE WHEN blocked THEN 'blocked'
            WHEN end_reason IN ('agent_hung_up', 'not_connected')
                 AND EXISTS (SELECT 1 FROM call_events WHERE call_id = calls.id AND kind = 'hung_up_by_employee')
            THEN 'employee_hung_up' ELSE end_reason END AS end_reason,
       EXISTS (SELECT 1 FROM appointments WHERE contact_id = calls.contact_id AND call_id = calls.id) AS has_booked FROM calls
WHERE {conditions}
ORDER BY started_at DESC, id DESC
