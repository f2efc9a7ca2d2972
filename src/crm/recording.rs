//! Recordings of calls: those that the daemon makes of a media stream, and those that Twilio made.

use super::backfill::Step;
use super::call::{self, IncomingCall};
use super::webhook_log::{RawWebhook, log_webhook};
use crate::domain::{CallSid, CallState, RecordingId, RecordingSid, Timestamp};
use crate::store::{CompressedFile, Result, StoredPeaks, WebhookOutcome, WriteTx};
use phonenumber::country;
use serde::{Deserialize, Serialize};

/// The job that fetches a recording.
pub const FETCH_JOB: &str = "fetch_recording";

/// The job that re-encodes a recording.
pub const COMPRESS_JOB: &str = "compress_recording";

/// The payload of the job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CompressJob {
    /// The recording.
    pub recording_id: RecordingId,
}

/// A recording that Twilio reports.
#[derive(Clone, Debug)]
pub struct NewRecording {
    /// The call.
    pub call: IncomingCall,
    /// Twilio's id.
    pub recording_sid: RecordingSid,
    /// Its URL.
    pub url: String,
    /// Its duration, as Twilio reports it.
    pub duration_ms: i64,
}

/// Stores a recording and the job that fetches it; also its call, if that is not known. Idempotent.
pub fn ingest(
    tx: &WriteTx<'_>,
    new: &NewRecording,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    let (call, _) = call::find_or_create(tx, &new.call, country, now)?;
    let sid = new.recording_sid.as_str();
    let is_new = tx.insert_twilio_recording(&new.call.call_sid, sid, &new.url, new.duration_ms, now)?;
    if is_new {
        let payload = serde_json::json!({"recording_sid": sid}).to_string();
        tx.insert_job(FETCH_JOB, Some(&format!("{FETCH_JOB}:{sid}")), &payload, now, now)?;
    }
    let outcome = if is_new { WebhookOutcome::Stored } else { WebhookOutcome::Duplicate };
    log_webhook(tx, raw, outcome, "", Some(call), now)
}

/// Records that Twilio's recorder has taken over a call.
pub fn start_fallback(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    call::find_or_create(tx, call, country, now)?;
    tx.set_call_state(&call.call_sid, CallState::Fallback, now)?;
    call::log_notification(tx, raw, &call.call_sid, now)
}

/// Begins the recording of a stream with the file's header, which [`finish`] replaces when the length is known. The
/// recording's key is the id of the stream.
pub fn start(tx: &WriteTx<'_>, call: &CallSid, key: &str, header: &[u8], at: Timestamp) -> Result<()> {
    tx.start_recording(call, key, at)?;
    tx.put_recording_chunk(key, HEADER, header, 0)
}

/// Adds the chunk that follows the header, or the chunk before; the first one has the number 1. `duration_ms`: the duration
/// with this chunk.
pub fn append(tx: &WriteTx<'_>, key: &str, number: i64, chunk: &[u8], duration_ms: i64) -> Result<()> {
    tx.put_recording_chunk(key, HEADER + number, chunk, duration_ms)
}

/// Records where in a recording the caller's message starts.
pub fn mark_message(tx: &WriteTx<'_>, key: &str, at_ms: i64) -> Result<()> {
    tx.set_recording_message(key, at_ms)
}

/// Ends the recording of a stream: the header now states its length.
pub fn finish(tx: &WriteTx<'_>, key: &str, header: &[u8], now: Timestamp) -> Result<()> {
    tx.put_recording_chunk(key, HEADER, header, 0)?;
    complete(tx, key, now)
}

/// Stores the fetched file. Idempotent.
pub fn store_file(tx: &WriteTx<'_>, sid: &RecordingSid, mime: &str, content: &[u8], now: Timestamp) -> Result<()> {
    let key = sid.as_str();
    for (seq, chunk) in (0i64..).zip(content.chunks(CHUNK_BYTES)) {
        tx.put_recording_chunk(key, seq, chunk, 0)?;
    }
    tx.set_recording_mime(key, mime)?;
    complete(tx, key, now)
}

/// Records that a recording cannot be fetched.
pub fn fail(tx: &WriteTx<'_>, sid: &RecordingSid, why: &str) -> Result<()> {
    tx.fail_recording(sid.as_str(), why)
}

/// Marks a recording as completely stored, and adds the job that compresses it. Wake the worker of [`COMPRESS_JOB`]
/// after the commit.
fn complete(tx: &WriteTx<'_>, key: &str, now: Timestamp) -> Result<()> {
    tx.complete_recording(key)?;
    match tx.recording_id(key)? {
        Some(id) => compress_later(tx, id, now),
        None => Ok(()),
    }
}

/// Adds the job that compresses a recording, unless it exists.
pub fn compress_later(tx: &WriteTx<'_>, recording_id: RecordingId, now: Timestamp) -> Result<()> {
    let payload = serde_json::to_string(&CompressJob { recording_id }).unwrap_or_default();
    tx.insert_job(COMPRESS_JOB, Some(&format!("{COMPRESS_JOB}:{recording_id}")), &payload, now, now)
}

/// Replaces the WAV of a recording by a compressed file. Returns false if that WAV is gone.
pub fn compress(tx: &WriteTx<'_>, id: RecordingId, wav_bytes: u64, file: &CompressedFile) -> Result<bool> {
    tx.replace_wav(id, wav_bytes, file)
}

/// Stores the waveform of a recording.
pub fn store_peaks(tx: &WriteTx<'_>, id: RecordingId, peaks: &StoredPeaks) -> Result<()> {
    tx.put_recording_peaks(id, peaks)
}

/// A step of the backfill that compresses the recordings of older versions: adds jobs for a few, and more when these
/// are done, so the recording of a new call does not wait behind all of them.
pub fn queue_wav_recordings(tx: &WriteTx<'_>, done_to: i64, rows: u32, now: Timestamp) -> Result<Step> {
    let found = tx.wav_recordings(RecordingId(done_to), rows)?;
    let Some(last) = found.last() else { return Ok(Step::Done) };
    if tx.waiting_jobs(COMPRESS_JOB)? > 0 {
        return Ok(Step::Waits);
    }
    found.iter().try_for_each(|id| compress_later(tx, *id, now))?;
    Ok(Step::UpTo(last.0))
}

/// The number of the chunk with the header of a stream's recording.
const HEADER: i64 = 0;

/// The size of the pieces in which a file is stored.
const CHUNK_BYTES: usize = 256 * 1024;
