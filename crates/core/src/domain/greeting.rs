//! Greetings that the owner has recorded.

use super::Timestamp;

/// A greeting without its sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The id.
    pub id: i64,
    /// Whether callers hear it.
    pub is_current: bool,
    /// The SHA-256 of the sound.
    pub sha256: String,
    /// The media type.
    pub mime: String,
    /// The duration.
    pub duration_ms: i64,
    /// The name of the file that was uploaded.
    pub file_name: Option<String>,
    /// Who added it: `user:3`.
    pub author: String,
    /// When it was added.
    pub created_at: Timestamp,
}
