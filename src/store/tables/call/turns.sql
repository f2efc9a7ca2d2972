-- The CHECK constraint of the column `speaker` does not allow 'employee', so an employee's turn is stored with the speaker 'system' and an
-- item id that begins with `employee:`.
SELECT id, call_id, seq, iif(speaker = 'system' AND item_id GLOB 'employee:*', 'employee', speaker) AS speaker, text, heard_text, interrupted, started_ms, ended_ms,
       transcript_partial_ms, transcript_final_ms, response_created_ms, first_token_ms,
       first_delta_ms, first_sent_ms, first_played_ms, tokens_in, tokens_out, cost_micros, word_times
FROM call_turns WHERE call_id = ?1 ORDER BY seq, id
