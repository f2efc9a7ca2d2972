//! Recordings of calls.

use super::{CallId, RecordingId, Timestamp, text_enum};

text_enum! {
    /// The recorder that made a recording.
    RecordingSource {
        /// The daemon, which records both sides from the media stream.
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
        /// The recording must still be fetched from Twilio.
        Waiting = "waiting",
        /// The recording is complete and stored.
        Complete = "complete",
        /// The recording could not be fetched; the reason is stored with it.
        Failed = "failed",
        /// The recording was deleted according to the retention settings.
        Pruned = "pruned",
    }
}

/// A recording of a call, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The id: the number of the database row.
    pub id: RecordingId,
    /// The call that was recorded.
    pub call_id: CallId,
    /// Whether the daemon or Twilio made the recording.
    pub source: RecordingSource,
    /// The MIME type of the stored file.
    pub mime: String,
    /// The number of channels: 2 for both sides, with the caller on the left and the agent on the right.
    pub channels: i64,
    /// The duration of the recording in milliseconds.
    pub duration_ms: i64,
    /// The size of the recording in bytes.
    pub bytes: i64,
    /// Whether the recording is running, must be fetched, is complete, failed, or was deleted.
    pub state: RecordingState,
    /// The position in milliseconds at which the caller's message begins; none if the caller left no message or its
    /// position is unknown.
    pub message_ms: Option<i64>,
    /// The reason why the recording could not be fetched.
    pub error: Option<String>,
    /// When the recording began.
    pub created_at: Timestamp,
}
