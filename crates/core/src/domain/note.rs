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
    /// The actor that last changed its text, as far as the audit log still knows.
    pub edited_by: Option<String>,
    /// The name of the user or token that last changed its text.
    pub edited_by_name: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its text was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted; it can be restored.
    pub deleted_at: Option<Timestamp>,
}

impl Note {
    /// When its text was last changed; none if it was not.
    pub fn edited_at(&self) -> Option<Timestamp> {
        (self.updated_at != self.created_at).then_some(self.updated_at)
    }
}
