-- The CHECK constraint of the column `end_reason` does not allow 'blocked', 'employee_hung_up', 'robot', 'silent' and 'unanswered', so these are derived.
CASE WHEN {k}.blocked THEN 'blocked'
     WHEN {k}.end_reason IN ('agent_hung_up', 'not_connected') THEN coalesce(
         (SELECT CASE kind WHEN 'robot' THEN 'robot' WHEN 'silent_caller' THEN 'silent' ELSE 'employee_hung_up' END FROM call_events
          WHERE call_id = {k}.id AND kind IN ('hung_up_by_employee', 'robot', 'silent_caller') ORDER BY id LIMIT 1), {k}.end_reason)
     WHEN {k}.end_reason = 'caller_hung_up'
          AND EXISTS (SELECT 1 FROM call_events WHERE call_id = {k}.id AND kind = 'unanswered') THEN 'unanswered'
     ELSE {k}.end_reason END
