//! Recordings of calls.

use super::{CallId, RecordingId, Timestamp, text_enum};

text_enum! {
    /// What made the recording.
    RecordingSource {
        /// The daemon: both sides, from the media stream.
        Stream = "stream",
        /// Twilio's recorder.
        Twilio = "twilio",
    }
}

text_enum! {
    /// The state of a recording.
    RecordingState {
        /// The call is still active.
        Running = "running",
        /// To be fetched from Twilio.
        Waiting = "waiting",
        /// Completely stored.
        Complete = "complete",
        /// It could not be fetched; the reason is stored with it.
        Failed = "failed",
        /// Deleted according to the retention settings.
        Pruned = "pruned",
    }
}

/// A recording of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The id.
    pub id: RecordingId,
    /// The call.
    pub call_id: CallId,
    /// What made the recording.
    pub source: RecordingSource,
    /// The MIME type.
    pub mime: String,
    /// 2 for both sides: the caller left, the agent right.
    pub channels: i64,
    /// The duration.
    pub duration_ms: i64,
    /// The size in bytes.
    pub bytes: i64,
    /// The state of the recording.
    pub state: RecordingState,
    /// Where in the recording the caller's message begins.
    pub message_ms: Option<i64>,
    /// Why it could not be fetched.
    pub error: Option<String>,
    /// When the recording began.
    pub created_at: Timestamp,
}
