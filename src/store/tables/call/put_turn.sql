INSERT INTO call_turns(call_id, seq, item_id, speaker, text, heard_text, interrupted, started_ms, ended_ms,
                       transcript_partial_ms, transcript_final_ms, response_created_ms, first_token_ms,
                       first_delta_ms, first_sent_ms, first_played_ms,
                       tokens_in, tokens_out, cost_micros, word_times, created_at)
SELECT id, :seq, :item, iif(:speaker = 'employee', 'system', :speaker), :text, :heard, :interrupted, :started, :ended,
       :partial, :final, :created, :token, :delta, :sent, :played, :tokens_in, :tokens_out, :cost, :words, :at
FROM calls WHERE call_sid = :sid
ON CONFLICT (call_id, item_id) DO UPDATE SET
    text = excluded.text,
    heard_text = excluded.heard_text,
    interrupted = excluded.interrupted,
    ended_ms = excluded.ended_ms,
    transcript_partial_ms = excluded.transcript_partial_ms,
    transcript_final_ms = excluded.transcript_final_ms,
    response_created_ms = excluded.response_created_ms,
    first_token_ms = excluded.first_token_ms,
    first_delta_ms = excluded.first_delta_ms,
    first_sent_ms = excluded.first_sent_ms,
    first_played_ms = excluded.first_played_ms,
    tokens_in = excluded.tokens_in,
    tokens_out = excluded.tokens_out,
    cost_micros = excluded.cost_micros,
    word_times = excluded.word_times
