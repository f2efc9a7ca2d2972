-- The appointments that the agent booked, moved or cancelled in the call :call, with what it did.
WITH changed AS (
    SELECT CAST(substr(subject, 13) AS INTEGER) AS id,
        max(action = 'update_appointment') AS moved, max(action = 'cancel_appointment') AS cancelled
    FROM audit_log
    WHERE at >= :started_at AND at <= :ended_at AND actor = 'agent' AND subject LIKE 'appointment:%'
    GROUP BY 1
)
SELECT a.id, a.call_id IS :call, coalesce(changed.moved, 0), coalesce(changed.cancelled, 0)
FROM appointments a LEFT JOIN changed ON changed.id = a.id
WHERE a.contact_id = :contact AND (a.call_id = :call OR changed.moved OR changed.cancelled)
ORDER BY a.starts_at, a.id
