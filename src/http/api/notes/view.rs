//! API types of notes.

use crate::domain;
use crate::domain::Timestamp;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type NotePage = Page<Note>;

/// A note about a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Note {
    /// The id of the note.
    pub(super) id: i64,
    /// The id of the contact.
    contact_id: i64,
    /// The text.
    pub(super) text: String,
    /// The actor that wrote it: `user:3`, `token:2`, `agent`.
    pub(super) author: String,
    /// The name of the user or token that wrote it.
    author_name: Option<String>,
    /// The actor that last changed the text; null if the text was not changed, or the audit log no longer has the
    /// change.
    edited_by: Option<String>,
    /// The name of the user or token that last changed its text.
    edited_by_name: Option<String>,
    /// When its text was last changed; null if it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Timestamp>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its text was last written.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When it was deleted; it can be restored.
    #[schema(value_type = Option<String>, format = DateTime)]
    deleted_at: Option<Timestamp>,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for Note {
    fn version(&self) -> impl Serialize {
        (self.id, &self.text, self.deleted_at)
    }
}

impl Listed for Note {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::Note> for Note {
    fn from(note: domain::Note) -> Self {
        Self {
            edited_at: note.edited_at(),
            edited_by: note.edited_by,
            edited_by_name: note.edited_by_name,
            id: note.id.0,
            contact_id: note.contact_id.0,
            text: note.text,
            author: note.author,
            author_name: note.author_name,
            created_at: note.created_at,
            updated_at: note.updated_at,
            deleted_at: note.deleted_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// The text of a note.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateNoteRequest {
    /// The text, of up to 10,000 characters.
    pub(super) text: String,
}

/// A change of a note.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateNoteRequest {
    /// The new text; absent: unchanged.
    pub(super) text: Option<String>,
}
