//! Tags, by which a business groups its contacts.

use super::{ContactId, TagId};
use serde::{Deserialize, Serialize};

/// A tag of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTag {
    /// The id.
    pub id: TagId,
    /// The name.
    pub name: String,
}

/// A tag with the number of contacts that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The id.
    pub id: TagId,
    /// The name.
    pub name: String,
    /// The number of contacts.
    pub contact_count: i64,
}

/// What a change of the tags of many contacts has really changed: pairs of contact and tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// Tags that the contacts did not have before.
    pub added: Vec<(ContactId, TagId)>,
    /// Tags that the contacts had before.
    pub removed: Vec<(ContactId, TagId)>,
}
