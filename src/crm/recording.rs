//! Recordings of calls, made by the daemon from a media stream or by Twilio.

use super::backfill::Step;
use super::call::{self, CallerMessage, IncomingCall};
use super::webhook_log::{RawWebhook, log_webhook};
use super::{Error, call_notice, call_summary};
use crate::domain::{CallSid, CallState, EndReason, JobKind, RecordingId, RecordingSid, Timestamp};
use crate::store::{CompressedFile, ReadTx, RecordedMessage, Result, StoredPeaks, WebhookOutcome, WriteTx};
use phonenumber::country;
use serde::{Deserialize, Serialize};

/// The payload of a [`JobKind::FetchRecording`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FetchJob {
    pub recording_sid: RecordingSid,
    /// Whether the recording is transcribed after the download, as the message of a caller.
    #[serde(default)]
    pub is_message: bool,
    /// See [`TranscribeJob::is_unanswered`].
    #[serde(default)]
    pub is_unanswered: bool,
}

/// The payload of a [`JobKind::TranscribeRecording`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TranscribeJob {
    /// The id of the recording at Twilio, or of the recorded media stream.
    #[serde(rename = "recording_sid")]
    pub key: String,
    /// Whether it is certain that the caller got no answer to this recording, although the AI may have answered others
    /// of the call.
    #[serde(default)]
    pub is_unanswered: bool,
}

/// The payload of a [`JobKind::CompressRecording`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CompressJob {
    pub recording_id: RecordingId,
}

/// A recording that Twilio made, and reported by webhook or in its list.
#[derive(Clone, Debug)]
pub struct NewRecording {
    pub call: IncomingCall,
    pub recording_sid: RecordingSid,
    pub url: String,
    pub duration_ms: i64,
    pub purpose: RecordingPurpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingPurpose {
    /// The recording is only stored: it is transcribed while the caller waits for the answer, or no AI may read it.
    Storage,
    /// The recording was found in Twilio's list. It is transcribed as a message unless the call was answered.
    Found,
    /// A message that an AI may read and that gets no answer. It is transcribed.
    Message,
}

/// Also stores the call of the recording, if the call is not stored yet. Does nothing if the call was erased.
pub fn ingest(
    tx: &WriteTx<'_>,
    new: &NewRecording,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    if tx.was_erased(new.call.call_sid.as_str())? {
        return Ok(());
    }
    let (call, _) = call::find_or_create(tx, &new.call, country, now)?;
    let sid = new.recording_sid.as_str();
    let is_new = tx.insert_twilio_recording(&new.call.call_sid, sid, &new.url, new.duration_ms, now)?;
    if is_new {
        fetch_later(tx, &new.recording_sid, new.purpose, now)?;
    } else {
        // Twilio's status callback, which may arrive first, has queued the download without a transcription.
        add_purpose(tx, &new.recording_sid, new.purpose, now)?;
    }
    let outcome = if is_new { WebhookOutcome::Stored } else { WebhookOutcome::Duplicate };
    log_webhook(tx, raw, outcome, "", Some(call), now)
}

/// Records that Twilio handles a call as a fallback: Twilio records the caller's message. Does nothing if the call was
/// erased.
pub fn start_fallback(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    if tx.was_erased(call.call_sid.as_str())? {
        return Ok(());
    }
    call::find_or_create(tx, call, country, now)?;
    tx.set_call_state(&call.call_sid, CallState::Fallback, now)?;
    call::log_notification(tx, raw, &call.call_sid, now)
}

/// Starts the recording of a media stream. Stores a provisional file header, which [`finish`] replaces when the length
/// is known. `key` is the id of the stream.
pub fn start(tx: &WriteTx<'_>, call: &CallSid, key: &str, header: &[u8], at: Timestamp) -> Result<()> {
    tx.start_recording(call, key, at)?;
    tx.put_recording_chunk(key, HEADER, header, 0)
}

/// Appends a chunk of audio. Chunks are numbered from 1; the header has number 0. `duration_ms` is the duration of the
/// recording including this chunk.
pub fn append(tx: &WriteTx<'_>, key: &str, number: i64, chunk: &[u8], duration_ms: i64) -> Result<()> {
    tx.put_recording_chunk(key, HEADER + number, chunk, duration_ms)
}

/// Records the position in a recording, in milliseconds, at which the caller's message starts.
pub fn mark_message(tx: &WriteTx<'_>, key: &str, at_ms: i64) -> Result<()> {
    tx.set_recording_message(key, at_ms)
}

/// Completes the recording of a media stream. The message that its caller left in voicemail is transcribed.
pub fn finish(tx: &WriteTx<'_>, key: &str, header: &[u8], now: Timestamp) -> Result<()> {
    tx.put_recording_chunk(key, HEADER, header, 0)?;
    complete(tx, key, now)?;
    match tx.recorded_message(key)?.and_then(|found| found.message_ms) {
        Some(_) => transcribe_later(tx, key, false, now),
        None => Ok(()),
    }
}

/// Idempotent.
pub fn store_file(tx: &WriteTx<'_>, job: &FetchJob, mime: &str, content: &[u8], now: Timestamp) -> Result<()> {
    let key = job.recording_sid.as_str();
    for (seq, chunk) in (0i64..).zip(content.chunks(CHUNK_BYTES)) {
        tx.put_recording_chunk(key, seq, chunk, 0)?;
    }
    tx.set_recording_mime(key, mime)?;
    complete(tx, key, now)?;
    if job.is_message { transcribe_later(tx, key, job.is_unanswered, now) } else { Ok(()) }
}

/// Queues the transcription of a recording that gets no answer, because it is the message of its caller. If its file is
/// not downloaded yet, the transcription follows the download. Does nothing if the recording is not stored. Idempotent.
pub fn keep_as_message(tx: &WriteTx<'_>, sid: &RecordingSid, now: Timestamp) -> Result<()> {
    add_purpose(tx, sid, RecordingPurpose::Message, now)
}

fn add_purpose(tx: &WriteTx<'_>, sid: &RecordingSid, purpose: RecordingPurpose, now: Timestamp) -> Result<()> {
    let is_unanswered = purpose == RecordingPurpose::Message;
    let queued = tx.job_payload(&JobKind::FetchRecording.key(sid))?;
    let queued = queued.and_then(|payload| serde_json::from_str::<FetchJob>(&payload).ok());
    // What the webhook has said of the recording counts more than that it is in Twilio's list.
    let is_known = purpose == RecordingPurpose::Found && queued.is_some_and(|job| job.is_unanswered);
    if purpose == RecordingPurpose::Storage
        || is_known
        || transcribe_downloaded(tx, sid, is_unanswered, now)?
        || !tx.has_recording(sid.as_str())?
    {
        return Ok(());
    }
    tx.delete_job(&JobKind::FetchRecording.key(sid))?;
    fetch_later(tx, sid, purpose, now)
}

/// Queues the transcription of a message whose file is downloaded. Returns false if the file is not downloaded yet.
pub fn transcribe_downloaded(
    tx: &WriteTx<'_>,
    sid: &RecordingSid,
    is_unanswered: bool,
    now: Timestamp,
) -> Result<bool> {
    let is_downloaded = tx.recorded_message(sid.as_str())?.is_some();
    if is_downloaded {
        transcribe_later(tx, sid.as_str(), is_unanswered, now)?;
    }
    Ok(is_downloaded)
}

fn fetch_later(tx: &WriteTx<'_>, sid: &RecordingSid, purpose: RecordingPurpose, now: Timestamp) -> Result<()> {
    let (is_message, is_unanswered) = (purpose != RecordingPurpose::Storage, purpose == RecordingPurpose::Message);
    let job = FetchJob { recording_sid: sid.clone(), is_message, is_unanswered };
    let payload = serde_json::to_string(&job).unwrap_or_default();
    tx.insert_job(JobKind::FetchRecording, Some(&JobKind::FetchRecording.key(sid)), &payload, now, now)
}

fn transcribe_later(tx: &WriteTx<'_>, key: &str, is_unanswered: bool, now: Timestamp) -> Result<()> {
    let payload = serde_json::to_string(&TranscribeJob { key: key.to_owned(), is_unanswered }).unwrap_or_default();
    let unique_key = JobKind::TranscribeRecording.key(key);
    let earlier = tx.job_payload(&unique_key)?.and_then(|earlier| serde_json::from_str::<TranscribeJob>(&earlier).ok());
    // The earlier job did not transcribe the recording if the call was answered.
    if is_unanswered && earlier.is_some_and(|earlier| !earlier.is_unanswered) {
        tx.delete_job(&unique_key)?;
    }
    tx.insert_job(JobKind::TranscribeRecording, Some(&unique_key), &payload, now, now)
}

/// The owner's message about the call no longer waits for the recording.
pub fn fail(tx: &WriteTx<'_>, sid: &RecordingSid, why: &str, now: Timestamp) -> Result<()> {
    tx.fail_recording(sid.as_str(), why)?;
    match tx.recorded_message(sid.as_str())? {
        Some(message) => call_notice::hasten(tx, &message.call_sid, now),
        None => Ok(()),
    }
}

/// Returns the recording that is to be transcribed. Returns `None` if it is unknown or not downloaded yet, if the caller
/// was blocked or a machine, and:
///
/// - for a recording of Twilio's, if the recording was transcribed as a turn of the call, or if an engine has talked with
///   the caller and may have answered the recording;
/// - for a recorded media stream, if the caller left no message in voicemail.
pub fn untranscribed(tx: &ReadTx<'_>, job: &TranscribeJob) -> Result<Option<RecordedMessage>> {
    let TranscribeJob { key, is_unanswered } = job;
    let Some(found) = tx.recorded_message(key)? else { return Ok(None) };
    if matches!(tx.call_end(&found.call_sid)?, Some(EndReason::Blocked | EndReason::Robot)) {
        return Ok(None);
    }
    let is_wanted = if found.is_stream {
        found.message_ms.is_some()
    } else {
        let may_be_answered = found.is_answered && !is_unanswered;
        !may_be_answered && tx.turn_text(&found.call_sid, &format!("{key}.caller"))?.is_none()
    };
    Ok(Some(found).filter(|_| is_wanted))
}

/// Stores the transcript of a message that the caller left. The owner is notified after the new summary of the call, or
/// at once if the transcript is blank. Idempotent.
pub fn store_transcript(tx: &WriteTx<'_>, job: &TranscribeJob, text: &str, now: Timestamp) -> Result<(), Error> {
    let Some(found) = untranscribed(tx, job)? else { return Ok(()) };
    if text.trim().is_empty() {
        return Ok(call_notice::hasten(tx, &found.call_sid, now)?);
    }
    let message = CallerMessage { message: text.trim().to_owned(), caller_name: None, callback_number: None };
    call::take_message(tx, &found.call_sid, &message)?;
    Ok(call_summary::requeue(tx, &found.call_sid, now)?)
}

/// Marks a recording as complete, and adds the job that compresses it. The caller must wake the worker of
/// [`JobKind::CompressRecording`] after the commit.
fn complete(tx: &WriteTx<'_>, key: &str, now: Timestamp) -> Result<()> {
    tx.complete_recording(key)?;
    match tx.recording_id(key)? {
        Some(id) => compress_later(tx, id, now),
        None => Ok(()),
    }
}

pub fn compress_later(tx: &WriteTx<'_>, recording_id: RecordingId, now: Timestamp) -> Result<()> {
    let payload = serde_json::to_string(&CompressJob { recording_id }).unwrap_or_default();
    tx.insert_job(JobKind::CompressRecording, Some(&JobKind::CompressRecording.key(recording_id)), &payload, now, now)
}

/// Replaces the WAV file of a recording with a compressed file. Returns false, and changes nothing, if the recording no
/// longer has a WAV file of `wav_bytes`.
pub fn compress(tx: &WriteTx<'_>, id: RecordingId, wav_bytes: u64, file: &CompressedFile) -> Result<bool> {
    tx.replace_wav(id, wav_bytes, file)
}

pub fn store_peaks(tx: &WriteTx<'_>, id: RecordingId, peaks: &StoredPeaks) -> Result<()> {
    tx.put_recording_peaks(id, peaks)
}

/// Runs a step of the backfill that compresses the recordings of earlier versions. A step adds jobs for a few
/// recordings, and the next step waits until these jobs are done. The recording of a new call therefore waits only for
/// a few jobs.
pub fn queue_wav_recordings(tx: &WriteTx<'_>, done_to: i64, rows: u32, now: Timestamp) -> Result<Step> {
    let found = tx.wav_recordings(RecordingId(done_to), rows)?;
    let Some(last) = found.last() else { return Ok(Step::Done) };
    if tx.waiting_jobs(JobKind::CompressRecording)? > 0 {
        return Ok(Step::Waits);
    }
    found.iter().try_for_each(|id| compress_later(tx, *id, now))?;
    Ok(Step::UpTo(last.0))
}

/// The number of the chunk that contains the file header.
const HEADER: i64 = 0;

/// The size of a stored chunk of a downloaded file, in bytes.
const CHUNK_BYTES: usize = 256 * 1024;
