//! API types of tags.

use crate::domain;
use crate::domain::{ContactId, TagChanges, TagId};
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type TagPage = Page<Tag>;

/// A tag for contacts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Tag {
    /// The id of the tag.
    pub(super) id: i64,
    /// The name of the tag.
    pub(super) name: String,
    /// The number of contacts with the tag.
    contact_count: i64,
    /// The version of the tag (its `ETag`), for `If-Match`.
    etag: String,
}

impl Listed for Tag {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for Tag {
    fn version(&self) -> impl Serialize {
        (self.id, &self.name)
    }
}

impl From<domain::Tag> for Tag {
    fn from(tag: domain::Tag) -> Self {
        Self { id: tag.id.0, name: tag.name, contact_count: tag.contact_count, etag: String::new() }.with_etag()
    }
}

/// A new tag for contacts.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTagRequest {
    /// The name of the tag: 1 to 200 characters, unique.
    pub(super) name: String,
}

/// A change of a tag's name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTagRequest {
    /// The new name of the tag: 1 to 200 characters, unique; if absent or null, the name is unchanged.
    pub(super) name: Option<String>,
}

/// A change of the tags of many contacts.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagContactsRequest {
    /// The ids of the contacts, 1 to 1000.
    pub(super) contact_ids: Vec<i64>,
    /// The ids of the tags to add; with `remove` at most 100, and none in both lists.
    #[serde(default)]
    pub(super) add: Vec<i64>,
    /// The ids of the tags to remove.
    #[serde(default)]
    pub(super) remove: Vec<i64>,
}

/// The actual changes, in pairs of contact id and tag id, with which a client can undo them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TagContactsResponse {
    /// The pairs that were added; contacts that had the tag already are left out.
    added: Vec<[i64; 2]>,
    /// The pairs that were removed; contacts that did not have the tag are left out.
    removed: Vec<[i64; 2]>,
}

impl From<TagChanges> for TagContactsResponse {
    fn from(changes: TagChanges) -> Self {
        let pairs =
            |pairs: Vec<(ContactId, TagId)>| pairs.into_iter().map(|(contact, tag)| [contact.0, tag.0]).collect();
        Self { added: pairs(changes.added), removed: pairs(changes.removed) }
    }
}
