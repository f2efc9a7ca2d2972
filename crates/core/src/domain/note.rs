//! Notes about contacts.

use super::{ContactId, NoteId, Timestamp};

/// A note about a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The id.
    pub id: NoteId,
    /// The contact.
    pub contact_id: ContactId,
    /// The text.
    pub text: String,
    /// The actor that wrote it: `user:3`, `token:2`, `agent`.
    pub author: String,
    /// The name of the user or token that wrote it.
    pub author_name: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its text was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted; it can be restored.
    pub deleted_at: Option<Timestamp>,
}
