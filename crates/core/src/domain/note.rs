//! Notes about contacts.

use super::{ContactId, NoteId, Timestamp};

/// A note that a user, an API client or the agent wrote about a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The id: the number of the database row.
    pub id: NoteId,
    /// The contact that the note is about.
    pub contact_id: ContactId,
    /// The current text.
    pub text: String,
    /// The actor that wrote the note: `user:3`, `token:2`, `agent`.
    pub author: String,
    /// The name of the user or token that wrote the note.
    pub author_name: Option<String>,
    /// The actor that last changed the text; none if the text was never changed, or if the audit log no longer contains
    /// the change.
    pub edited_by: Option<String>,
    /// The name of the user or token that last changed the text.
    pub edited_by_name: Option<String>,
    /// When the note was written.
    pub created_at: Timestamp,
    /// When the text was last changed; at first the time at which the note was written.
    pub updated_at: Timestamp,
    /// When the note was deleted; none if it was not deleted. A deleted note can be restored.
    pub deleted_at: Option<Timestamp>,
}

impl Note {
    /// Returns when the text was last changed; none if it was never changed.
    pub fn edited_at(&self) -> Option<Timestamp> {
        (self.updated_at != self.created_at).then_some(self.updated_at)
    }
}
