//! Recordings that Twilio took.

use super::call::{self, IncomingCall, RawWebhook};
use crate::domain::{CallState, RecordingSid, Timestamp};
use crate::store::{JournalOutcome, Result, WriteTx};
use phonenumber::country;

/// The work of fetching one.
pub const FETCH_JOB: &str = "fetch_recording";

/// A recording that Twilio tells of.
#[derive(Clone, Debug)]
pub struct NewRecording {
    /// Whose.
    pub call: IncomingCall,
    /// Twilio's id.
    pub recording_sid: RecordingSid,
    /// Where it is.
    pub url: String,
    /// Its length, as Twilio says.
    pub duration_ms: i64,
}

/// Takes a recording down, to be fetched soon; its call too, if that is not known. Told twice it is one.
pub fn take_in(
    tx: &WriteTx<'_>,
    new: &NewRecording,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    let (call, _) = call::find_or_make(tx, &new.call, country, now)?;
    let sid = new.recording_sid.as_str();
    let is_new = tx.insert_twilio_recording(&new.call.call_sid, sid, &new.url, new.duration_ms, now)?;
    if is_new {
        let payload = serde_json::json!({"recording_sid": sid}).to_string();
        tx.insert_job(FETCH_JOB, Some(&format!("{FETCH_JOB}:{sid}")), &payload, now, now)?;
    }
    let outcome = if is_new { JournalOutcome::Stored } else { JournalOutcome::Duplicate };
    call::keep(tx, raw, outcome, "", Some(call), now)
}

/// A call goes on with Twilio's recorder.
pub fn fall_back(
    tx: &WriteTx<'_>,
    call: &IncomingCall,
    raw: &RawWebhook,
    country: country::Id,
    now: Timestamp,
) -> Result<()> {
    let (id, _) = call::find_or_make(tx, call, country, now)?;
    tx.set_call_state(&call.call_sid, CallState::Fallback, now)?;
    call::keep(tx, raw, JournalOutcome::Stored, "", Some(id), now)
}

/// The file is here. Told twice it is the same file.
pub fn store_file(tx: &WriteTx<'_>, sid: &RecordingSid, mime: &str, content: &[u8]) -> Result<()> {
    let key = sid.as_str();
    for (seq, chunk) in (0i64..).zip(content.chunks(CHUNK_BYTES)) {
        tx.put_recording_chunk(key, seq, chunk, 0)?;
    }
    tx.set_recording_mime(key, mime)?;
    tx.complete_recording(key)
}

/// How much of a file goes into one row.
const CHUNK_BYTES: usize = 256 * 1024;
