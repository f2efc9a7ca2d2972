//! What the API shows of saved replies.

use crate::domain;
use crate::domain::Timestamp;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type SavedReplyPage = Page<SavedReply>;

/// A text that users send often.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SavedReply {
    /// The id.
    pub(super) id: i64,
    /// What a user types to get it; one word.
    pub(super) shortcut: String,
    /// The text.
    pub(super) text: String,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item, for `If-Match`: its `ETag`.
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
    /// What a user types to get it; one word.
    pub(super) shortcut: String,
    /// The text.
    pub(super) text: String,
}

/// What changes of a saved reply.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSavedReplyRequest {
    /// What a user types to get it; one word.
    pub(super) shortcut: Option<String>,
    /// The text.
    pub(super) text: Option<String>,
}
