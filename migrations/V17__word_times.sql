-- When each word of a caller's turn was spoken, as JSON: pairs of the start and the end of each word of `text`, in
-- milliseconds on the clock of `started_ms`. Null if the transcriber reports no times.
ALTER TABLE call_turns ADD COLUMN word_times TEXT;
