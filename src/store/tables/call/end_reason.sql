-- The CHECK constraint of the column `end_reason` allows neither 'blocked' nor 'employee_hung_up' nor 'robot', so these are derived.
CASE WHEN {k}.blocked THEN 'blocked'
     WHEN {k}.end_reason IN ('agent_hung_up', 'not_connected') THEN coalesce(
         (SELECT iif(kind = 'robot', 'robot', 'employee_hung_up') FROM call_events
          WHERE call_id = {k}.id AND kind IN ('hung_up_by_employee', 'robot') ORDER BY id LIMIT 1), {k}.end_reason)
     ELSE {k}.end_reason END
