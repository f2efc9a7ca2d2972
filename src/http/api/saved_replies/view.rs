//! API types of saved replies.

use crate::domain;
use crate::domain::Timestamp;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type SavedReplyPage = Page<SavedReply>;

/// A text that users often send, and its shortcut.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SavedReply {
    /// The id of the saved reply.
    pub(super) id: i64,
    /// The shortcut that a user types to insert the text; one word.
    pub(super) shortcut: String,
    /// The text that the shortcut inserts.
    pub(super) text: String,
    /// When the saved reply was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the saved reply was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for SavedReply {
    fn version(&self) -> impl Serialize {
        (self.id, &self.shortcut, &self.text)
    }
}

impl Listed for SavedReply {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::SavedReply> for SavedReply {
    fn from(reply: domain::SavedReply) -> Self {
        let domain::SavedReply { id, shortcut, text, created_at, updated_at } = reply;
        Self { id, shortcut, text, created_at, updated_at, etag: String::new() }.with_etag()
    }
}

/// A new saved reply.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSavedReplyRequest {
    /// The shortcut that a user types to insert the text: one word of at most 40 characters, unique.
    pub(super) shortcut: String,
    /// The text that the shortcut inserts, 1 to 4096 characters.
    pub(super) text: String,
}

/// A change of a saved reply. Absent and null fields keep their values.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSavedReplyRequest {
    /// The shortcut that a user types to insert the text: one word of at most 40 characters, unique.
    pub(super) shortcut: Option<String>,
    /// The text that the shortcut inserts, 1 to 4096 characters.
    pub(super) text: Option<String>,
}
