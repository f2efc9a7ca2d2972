//! What the API shows of contacts.

use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::threads::view::Thread;
use crate::http::etag::Versioned;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

type AddressKind = OneOf<domain::AddressKind>;
pub(crate) type ContactPage = Page<Contact>;

/// A contact of the business.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Contact {
    /// The id.
    id: i64,
    /// The business.
    business_id: i64,
    /// The name that the owner gave, else the WhatsApp profile name; may be empty.
    display_name: String,
    /// When the contact was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<domain::Contact> for Contact {
    fn from(contact: domain::Contact) -> Self {
        Self {
            id: contact.id.0,
            business_id: contact.business_id.0,
            display_name: contact.display_name,
            created_at: contact.created_at,
        }
    }
}

/// A contact with addresses and threads.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ContactDetail {
    #[serde(flatten)]
    pub(super) contact: Contact,
    /// The addresses of the contact.
    pub(super) addresses: Vec<Address>,
    /// The threads, newest activity first.
    pub(super) threads: Vec<Thread>,
}

impl Versioned for ContactDetail {
    fn version(&self) -> impl Serialize {
        (self.contact.id, &self.contact.display_name)
    }
}

/// An address of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Address {
    /// The id.
    id: i64,
    /// The contact.
    contact_id: i64,
    /// The kind of the address.
    kind: AddressKind,
    /// The address, normalised: E.164 for a phone number.
    value: String,
    /// Of a phone number: since when the contact has another number instead; null while it is current.
    #[schema(value_type = Option<String>, format = DateTime)]
    former_at: Option<Timestamp>,
}

impl From<domain::Address> for Address {
    fn from(address: domain::Address) -> Self {
        Self {
            id: address.id.0,
            contact_id: address.contact_id.0,
            kind: address.kind.into(),
            value: address.value,
            former_at: address.former_at,
        }
    }
}

/// A new name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameContactRequest {
    /// The new name; empty removes it.
    pub(super) display_name: String,
}

/// The contact to be merged.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// The contact that is merged into the one of the path.
    pub(super) contact_id: i64,
}

/// A merge that was done, and can be undone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MergeResponse {
    ok: bool,
    /// The id for `/api/merges/{id}/undo`.
    merge_id: i64,
}

impl MergeResponse {
    pub(crate) fn new(merge_id: i64) -> Self {
        Self { ok: true, merge_id }
    }
}
