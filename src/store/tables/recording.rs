//! Recordings of calls. A recording's `key` is the id of its source: of the media stream, or of Twilio's recording. The
//! waveform of a recording is computed once and stored.

use crate::domain::{CallId, CallSid, ChangeKind, JobKind, RecordingId, RecordingSource, RecordingState, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

/// A recording at Twilio that has not been fetched yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingToFetch {
    pub source_url: String,
    pub call_sid: CallSid,
}

/// A recording by Twilio whose file is stored, or will not be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedMessage {
    pub id: RecordingId,
    pub call_sid: CallSid,
    /// Whether the call had a media stream.
    pub is_answered: bool,
    /// Whether the daemon recorded a media stream. Then the message is a part of the caller's channel.
    pub is_stream: bool,
    /// The time in the recording at which the caller's message starts; none if the caller left none.
    pub message_ms: Option<i64>,
    pub mime: String,
    pub duration_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningRecording {
    pub key: String,
    pub call_sid: CallSid,
    /// The number of stored bytes, including the header.
    pub bytes: u64,
}

#[derive(Debug)]
pub struct CompressedFile {
    pub mime: &'static str,
    /// 1 or 2.
    pub channels: u16,
    pub duration_ms: u64,
    /// Each element becomes one chunk.
    pub chunks: Vec<Vec<u8>>,
}

/// The peak levels of a recording over time, from 0 to 255, in equal intervals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPeaks {
    pub duration_ms: i64,
    pub caller: Vec<u8>,
    /// Empty if only the caller was recorded.
    pub agent: Vec<u8>,
}

impl ReadTx<'_> {
    /// The size in bytes of a complete recording that is stored as WAV; `None` for any other recording.
    pub fn wav_recording_bytes(&self, id: RecordingId) -> Result<Option<u64>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT 1 FROM recordings WHERE id = ?1 AND state = 'complete' AND mime = 'audio/wav'")?;
        if query.exists([id])? { Ok(Some(self.recording_length(id)?)) } else { Ok(None) }
    }

    /// Complete recordings that are stored as WAV, with ids above `after`, in ascending order.
    pub fn wav_recordings(&self, after: RecordingId, limit: u32) -> Result<Vec<RecordingId>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id FROM recordings WHERE id > ?1 AND state = 'complete' AND mime = 'audio/wav' ORDER BY id LIMIT ?2",
        )?;
        let rows = query.query_map(params![after, limit], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn recording_id(&self, key: &str) -> Result<Option<RecordingId>> {
        let mut query = self.conn.prepare_cached("SELECT id FROM recordings WHERE provider_sid = ?1")?;
        Ok(query.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Also true if the file has not been fetched.
    pub fn has_recording(&self, provider_sid: &str) -> Result<bool> {
        let mut query = self.conn.prepare_cached("SELECT 1 FROM recordings WHERE provider_sid = ?1")?;
        Ok(query.exists([provider_sid])?)
    }

    /// Returns only recordings of media streams.
    pub fn running_recordings(&self) -> Result<Vec<RunningRecording>> {
        let mut query = self.conn.prepare_cached(
            "SELECT r.provider_sid, c.call_sid, r.bytes FROM recordings r JOIN calls c ON c.id = r.call_id
             WHERE r.state = 'running'",
        )?;
        let rows = query.query_map([], |row| {
            let bytes = u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
            Ok(RunningRecording { key: row.get(0)?, call_sid: row.get(1)?, bytes })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// `None` if the recording does not have to be fetched.
    pub fn recording_to_fetch(&self, provider_sid: &str) -> Result<Option<RecordingToFetch>> {
        let mut query = self.conn.prepare_cached(
            "SELECT r.source_url, c.call_sid FROM recordings r JOIN calls c ON c.id = r.call_id
             WHERE r.provider_sid = ?1 AND r.state = 'waiting' AND r.source_url IS NOT NULL",
        )?;
        let row = query
            .query_row([provider_sid], |row| Ok(RecordingToFetch { source_url: row.get(0)?, call_sid: row.get(1)? }));
        Ok(row.optional()?)
    }

    /// `None` if the recording is unknown or still waits to be fetched.
    pub fn recorded_message(&self, provider_sid: &str) -> Result<Option<RecordedMessage>> {
        let mut query = self.conn.prepare_cached(
            "SELECT r.id, c.call_sid, c.answered_at IS NOT NULL, r.mime, r.duration_ms, r.source = 'stream', r.message_ms
             FROM recordings r JOIN calls c ON c.id = r.call_id WHERE r.provider_sid = ?1 AND r.state <> 'waiting'",
        )?;
        let row = query.query_row([provider_sid], |row| {
            let (id, call_sid, is_answered) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (mime, duration_ms, is_stream, message_ms) = (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
            Ok(RecordedMessage { id, call_sid, is_answered, is_stream, message_ms, mime, duration_ms })
        });
        Ok(row.optional()?)
    }

    /// Returns true if a message that the caller left at Twilio's recorder or in voicemail is not fetched or not transcribed yet.
    pub fn has_untranscribed_message(&self, call: &CallSid) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM calls c JOIN recordings r ON r.call_id = c.id
             JOIN jobs j ON j.unique_key IN (?2 || r.provider_sid, ?3 || r.provider_sid)
             WHERE c.call_sid = ?1 AND j.state = 'waiting' AND coalesce(j.payload ->> 'is_message', 1) LIMIT 1",
        )?;
        Ok(query.exists(params![call, JobKind::FetchRecording.key(""), JobKind::TranscribeRecording.key("")])?)
    }

    /// The missed calls that have no recording, but a waiting job of this kind.
    pub fn missed_calls_without_recording(&self, kind: JobKind) -> Result<Vec<CallSid>> {
        let mut query = self.conn.prepare_cached(
            "SELECT DISTINCT c.call_sid FROM jobs j JOIN calls c ON c.call_sid = j.payload ->> 'call_sid'
             WHERE j.state = 'waiting' AND j.kind = ?1 AND c.missed = 1
                 AND NOT EXISTS (SELECT 1 FROM recordings r WHERE r.call_id = c.id)",
        )?;
        let rows = query.query_map([kind], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// `None` if the peaks have not been computed.
    pub fn recording_peaks(&self, id: RecordingId) -> Result<Option<StoredPeaks>> {
        let sql = "SELECT duration_ms, caller, agent FROM recording_peaks WHERE recording_id = ?1";
        let found = self.conn.prepare_cached(sql)?.query_row([id], |row| {
            Ok(StoredPeaks { duration_ms: row.get(0)?, caller: row.get(1)?, agent: row.get(2)? })
        });
        Ok(found.optional()?)
    }
}

impl WriteTx<'_> {
    /// Starts a two-channel recording of a call's stream. Adds nothing if the recording exists or the call is not
    /// stored.
    pub fn start_recording(&self, call: &CallSid, key: &str, at: Timestamp) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO recordings(call_id, source, provider_sid, mime, channels, state, created_at)
             SELECT id, 'stream', ?2, 'audio/wav', 2, 'running', ?3 FROM calls WHERE call_sid = ?1
             ON CONFLICT (provider_sid) DO NOTHING",
        )?;
        insert.execute(params![call, key, at])?;
        self.record_call(ChangeKind::CallUpdated, call)
    }

    /// Adds or replaces a chunk. The duration of the recording becomes at least `duration_ms`. Does nothing if the
    /// recording is unknown.
    pub fn put_recording_chunk(&self, key: &str, seq: i64, content: &[u8], duration_ms: i64) -> Result<()> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO recording_chunks(recording_id, seq, content) SELECT id, ?2, ?3 FROM recordings WHERE provider_sid = ?1
             ON CONFLICT (recording_id, seq) DO UPDATE SET content = excluded.content",
        )?;
        insert.execute(params![key, seq, content])?;
        let mut update = self.conn.prepare_cached(
            "UPDATE recordings SET duration_ms = max(duration_ms, ?2),
                 bytes = (SELECT sum(length(content)) FROM recording_chunks WHERE recording_id = recordings.id)
             WHERE provider_sid = ?1",
        )?;
        update.execute(params![key, duration_ms])?;
        Ok(())
    }

    /// The time in the recording at which the caller's message starts.
    pub fn set_recording_message(&self, key: &str, message_ms: i64) -> Result<()> {
        let mut update = self.conn.prepare_cached("UPDATE recordings SET message_ms = ?2 WHERE provider_sid = ?1")?;
        update.execute(params![key, message_ms])?;
        Ok(())
    }

    /// Returns false without a change if the recording is no longer a complete WAV of `wav_bytes`, because it was
    /// deleted or replaced meanwhile.
    pub fn replace_wav(&self, id: RecordingId, wav_bytes: u64, file: &CompressedFile) -> Result<bool> {
        if self.wav_recording_bytes(id)? != Some(wav_bytes) {
            return Ok(false);
        }
        self.overwriting_little(wav_bytes, || {
            Ok(self.conn.prepare_cached("DELETE FROM recording_chunks WHERE recording_id = ?1")?.execute([id])?)
        })?;
        let mut insert =
            self.conn.prepare_cached("INSERT INTO recording_chunks(recording_id, seq, content) VALUES (?1, ?2, ?3)")?;
        let mut bytes = 0_i64;
        for (seq, chunk) in (0i64..).zip(&file.chunks) {
            insert.execute(params![id, seq, chunk])?;
            bytes = bytes.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
        }
        let duration_ms = i64::try_from(file.duration_ms).unwrap_or(i64::MAX);
        let mut update = self.conn.prepare_cached(
            "UPDATE recordings SET mime = ?2, channels = ?3, duration_ms = ?4, bytes = ?5 WHERE id = ?1",
        )?;
        update.execute(params![id, file.mime, file.channels, duration_ms, bytes])?;
        self.record_recording(id)?;
        Ok(true)
    }

    pub fn complete_recording(&self, key: &str) -> Result<()> {
        self.set_recording_state(key, RecordingState::Complete, None)
    }

    pub fn fail_recording(&self, key: &str, error: &str) -> Result<()> {
        self.set_recording_state(key, RecordingState::Failed, Some(error))
    }

    /// The recording must be fetched later. Returns false if it is already known or the call is not stored.
    pub fn insert_twilio_recording(
        &self,
        call: &CallSid,
        recording_sid: &str,
        url: &str,
        duration_ms: i64,
        at: Timestamp,
    ) -> Result<bool> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO recordings(call_id, source, provider_sid, mime, channels, duration_ms, state, source_url, message_ms, created_at)
             SELECT id, ?6, ?2, 'audio/wav', 1, ?4, 'waiting', ?3, 0, ?5 FROM calls WHERE call_sid = ?1
             ON CONFLICT (provider_sid) DO NOTHING",
        )?;
        let is_new = insert.execute(params![call, recording_sid, url, duration_ms, at, RecordingSource::Twilio])? > 0;
        if is_new {
            self.record_call(ChangeKind::CallUpdated, call)?;
        }
        Ok(is_new)
    }

    pub fn set_recording_mime(&self, key: &str, mime: &str) -> Result<()> {
        let mut update = self.conn.prepare_cached("UPDATE recordings SET mime = ?2 WHERE provider_sid = ?1")?;
        update.execute(params![key, mime])?;
        Ok(())
    }

    fn set_recording_state(&self, key: &str, state: RecordingState, error: Option<&str>) -> Result<()> {
        let mut update =
            self.conn.prepare_cached("UPDATE recordings SET state = ?2, error = ?3 WHERE provider_sid = ?1")?;
        update.execute(params![key, state, error])?;
        self.recording_id(key)?.map_or(Ok(()), |id| self.record_recording(id))
    }

    /// Records a change of the call to which a recording belongs.
    pub(in crate::store) fn record_recording(&self, id: RecordingId) -> Result<()> {
        let mut query = self.conn.prepare_cached("SELECT call_id FROM recordings WHERE id = ?1")?;
        let call: Option<CallId> = query.query_row([id], |row| row.get(0)).optional()?;
        call.map_or(Ok(()), |call| self.record_call_id(ChangeKind::CallUpdated, call))
    }

    pub fn put_recording_peaks(&self, id: RecordingId, peaks: &StoredPeaks) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO recording_peaks(recording_id, duration_ms, caller, agent) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id, peaks.duration_ms, peaks.caller, peaks.agent])?;
        Ok(())
    }
}
