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
    /// The text of the note.
    pub(super) text: String,
    /// The actor that wrote the note: `user:3`, `token:2` or `agent`.
    pub(super) author: String,
    /// The name of the user or token that wrote the note; null for the agent. The name of a removed user ends with the
    /// user's id, such as `Dana #3`.
    author_name: Option<String>,
    /// The actor that last changed the text; null if the text was not changed, or the audit log no longer contains the
    /// change.
    edited_by: Option<String>,
    /// The name of the user or token that last changed the text; null if `edited_by` is null.
    edited_by_name: Option<String>,
    /// When the text was last changed; null if it was not changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Timestamp>,
    /// When the note was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the text was last written.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When the note was deleted; null if it was not. A deleted note can be restored.
    #[schema(value_type = Option<String>, format = DateTime)]
    deleted_at: Option<Timestamp>,
    /// The version of the note (its `ETag`), for `If-Match`.
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

/// A new note.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateNoteRequest {
    /// The text of the note, 1 to 10,000 characters.
    pub(super) text: String,
}

/// A change of a note's text.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateNoteRequest {
    /// The new text of the note, 1 to 10,000 characters; if absent or null, the text is unchanged.
    pub(super) text: Option<String>,
}
