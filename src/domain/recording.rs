//! The sound of calls.

use super::{CallId, RecordingId, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who recorded.
    RecordingSource {
        /// We, both sides, from the media stream.
        Stream = "stream",
        /// Twilio's recorder.
        Twilio = "twilio",
    }
}

text_enum! {
    /// How far a recording has come.
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

/// One sound file of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recording {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: RecordingId,
    /// The call.
    #[schema(value_type = i64)]
    pub call_id: CallId,
    /// Who recorded.
    pub source: RecordingSource,
    /// The kind of file, `audio/wav`.
    pub mime: String,
    /// 2 for both sides: the caller left, the agent right.
    pub channels: i64,
    /// Its length.
    pub duration_ms: i64,
    /// Its size.
    pub bytes: i64,
    /// How far it has come.
    pub state: RecordingState,
    /// Where in the file the message begins that the caller left.
    pub message_ms: Option<i64>,
    /// Why it could not be had.
    pub error: Option<String>,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
