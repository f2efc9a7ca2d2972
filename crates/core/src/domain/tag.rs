//! Tags, with which a business groups its contacts.

use super::{ContactId, TagId};
use serde::{Deserialize, Serialize};

/// A tag of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTag {
    /// The id: the number of the database row.
    pub id: TagId,
    /// The name, as users see it.
    pub name: String,
}

/// A tag with the number of contacts that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The id: the number of the database row.
    pub id: TagId,
    /// The name, as users see it.
    pub name: String,
    /// The number of contacts that have the tag.
    pub contact_count: i64,
}

/// The effective changes of a bulk edit of tags, as pairs of contact and tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// Tags that were added. Tags that a contact already had are not listed.
    pub added: Vec<(ContactId, TagId)>,
    /// Tags that were removed. Tags that a contact did not have are not listed.
    pub removed: Vec<(ContactId, TagId)>,
}
