-- Another provider may need another kind of address or another source of recordings. The program checks these words, so
-- the tables no longer do. SQLite has no statement that removes a constraint; for one that changes nothing in the stored
-- rows, its documentation gives this procedure: https://sqlite.org/lang_altertable.html#otheralter
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, ' CHECK (kind IN (''phone'', ''lid'') OR kind IN (''bsuid'', ''twilio_wa'') OR kind = ''mail'')', '')
    WHERE type = 'table' AND name = 'addresses';
UPDATE sqlite_schema
    SET sql = replace(sql, ' CHECK (source IN (''stream'', ''twilio''))', '')
    WHERE type = 'table' AND name = 'recordings';
PRAGMA writable_schema = RESET;

-- Lists of calls with a rare outcome: failed, transferred, ended as a robot's.
CREATE INDEX idx_calls_end_reason ON calls(end_reason, started_at);
