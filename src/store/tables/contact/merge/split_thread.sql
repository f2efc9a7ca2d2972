-- Copies to thread ?2 the values that the newest rows set in thread ?1. These rows are in thread ?2 now.
UPDATE threads SET
    provider = whole.provider,
    last_in_provider = whole.last_in_provider,
    last_in_at = whole.last_in_at,
    last_in_twilio_at = whole.last_in_twilio_at,
    waiting_since = whole.waiting_since,
    agent_since = whole.agent_since,
    ai_mode = whole.ai_mode
FROM (SELECT * FROM threads WHERE id = ?1) AS whole
WHERE threads.id = ?2
