id, business_id, call_sid, thread_id, contact_id, direction, medium, peer_number, own_number, state, engine, model, started_at,
answered_at, ended_at, missed, duration_ms, cost_micros, message_text,
-- The reasons that the column can have are older than ends by an employee.
CASE WHEN blocked THEN 'blocked'
     WHEN end_reason IN ('agent_hung_up', 'not_connected')
          AND EXISTS (SELECT 1 FROM call_events WHERE call_id = calls.id AND kind = 'hung_up_by_employee')
     THEN 'employee_hung_up' ELSE end_reason END AS end_reason
