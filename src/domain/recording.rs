//! The sound of calls.

use super::{CallId, RecordingId, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What made the recording.
    RecordingSource {
        /// We, both sides, from the media stream.
        Stream = "stream",
        /// Twilio's recorder.
        Twilio = "twilio",
    }
}

text_enum! {
    /// The state of a recording.
    RecordingState {
        /// The call is still on.
        Running = "running",
        /// It is still to be fetched from Twilio.
        Waiting = "waiting",
        /// All of it is here.
        Complete = "complete",
        /// It could not be had; the reason is kept beside it.
        Failed = "failed",
        /// It was here, and has been deleted, as the settings say.
        Pruned = "pruned",
    }
}

/// A recording of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recording {
    /// The id.
    #[schema(value_type = i64)]
    pub id: RecordingId,
    /// The call.
    #[schema(value_type = i64)]
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
    /// The delivery status.
    pub state: RecordingState,
    /// Where in the recording the caller's message begins.
    pub message_ms: Option<i64>,
    /// Why it could not be fetched.
    pub error: Option<String>,
    /// When the recording began.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
