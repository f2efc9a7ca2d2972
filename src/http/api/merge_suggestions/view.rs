//! API types of merge suggestions.

use crate::domain;
use crate::domain::Timestamp;
use crate::http::api::contacts::view::Contact;
use crate::http::api::one_of::OneOf;
use crate::http::pagination::Page;
use serde::Serialize;

pub(crate) type MergeSuggestionPage = Page<MergeSuggestion>;

/// Two contacts that may be the same person. A user decides whether to merge them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MergeSuggestion {
    /// The id of the suggestion.
    pub(super) id: i64,
    /// The older contact, which a merge keeps.
    pub(super) contact: Contact,
    /// The newer contact, whose history a merge moves to the older one.
    other_contact: Contact,
    /// Why the two contacts may be the same person.
    reason: SuggestionReason,
    /// The phone number or WhatsApp id that led to the suggestion: it moved from one contact to the other, or a message
    /// or call contained it together with an address of the other contact.
    address: String,
    /// When the suggestion was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

pub(crate) type SuggestionReason = OneOf<domain::SuggestionReason>;

impl From<domain::MergeSuggestion> for MergeSuggestion {
    fn from(suggestion: domain::MergeSuggestion) -> Self {
        Self {
            id: suggestion.id,
            contact: suggestion.contact.into(),
            other_contact: suggestion.other_contact.into(),
            reason: suggestion.reason.into(),
            address: suggestion.address,
            created_at: suggestion.created_at,
        }
    }
}
