//! Greetings that the owner has recorded.

use super::Timestamp;

/// The metadata of a greeting. The audio is stored separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The id: the number of the database row.
    pub id: i64,
    /// Whether this greeting is played to callers.
    pub is_current: bool,
    /// The SHA-256 of the audio, in hexadecimal.
    pub sha256: String,
    /// The media type: `audio/mpeg` or `audio/wav`.
    pub mime: String,
    /// The playing time in milliseconds.
    pub duration_ms: i64,
    /// The name of the uploaded file.
    pub file_name: Option<String>,
    /// The actor that added the greeting, such as `user:3`.
    pub author: String,
    /// When the greeting was added.
    pub created_at: Timestamp,
}
