SELECT id, started_at, state, end_reason, missed, answered_at, engine, message_text IS NOT NULL AS has_message,
       EXISTS (SELECT 1 FROM appointments WHERE contact_id = calls.contact_id AND call_id = calls.id) AS has_booked FROM calls
WHERE business_id = :business
  AND (:thread IS NULL OR thread_id = :thread)
  AND (:contact IS NULL OR contact_id = :contact)
  AND (:found IS NULL OR id IN (SELECT value FROM json_each(:found)))
  AND (:after_at IS NULL OR (started_at, id) < (:after_at, :after_id))
ORDER BY started_at DESC, id DESC
