-- The CHECK constraint of the column `end_reason` does not allow 'blocked' and 'employee_hung_up', so these two are derived.
CASE WHEN {k}.blocked THEN 'blocked'
     WHEN {k}.end_reason IN ('agent_hung_up', 'not_connected')
          AND EXISTS (SELECT 1 FROM call_events WHERE call_id = {k}.id AND kind = 'hung_up_by_employee')
     THEN 'employee_hung_up' ELSE {k}.end_reason END
