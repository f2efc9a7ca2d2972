-- The reasons that the column can have are older than ends by an employee and rejected calls.
CASE WHEN {k}.blocked THEN 'blocked'
     WHEN {k}.end_reason IN ('agent_hung_up', 'not_connected')
          AND EXISTS (SELECT 1 FROM call_events WHERE call_id = {k}.id AND kind = 'hung_up_by_employee')
     THEN 'employee_hung_up' ELSE {k}.end_reason END
