-- Further stages of an answer, in milliseconds after the caller stopped speaking.

ALTER TABLE call_turns ADD COLUMN transcript_partial_ms INTEGER;
ALTER TABLE call_turns ADD COLUMN transcript_final_ms INTEGER;
ALTER TABLE call_turns ADD COLUMN first_token_ms INTEGER;
