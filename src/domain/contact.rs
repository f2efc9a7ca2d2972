//! People.

use super::{BusinessId, ContactId, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

/// A person that the business deals with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: ContactId,
    /// Whose contact it is.
    #[schema(value_type = i64)]
    pub business_id: BusinessId,
    /// As the owner wrote it, else as WhatsApp showed it; empty if nobody said.
    pub display_name: String,
    /// When we first met.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

text_enum! {
    /// Why two contacts may be one person.
    SuggestionReason {
        /// The one has a number now that the other one had before.
        NumberMoved = "number_moved",
        /// A message named addresses of both.
        NamedTogether = "named_together",
    }
}

/// Two contacts with histories of their own that may be one person, for a user to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MergeSuggestion {
    /// Our id.
    pub id: i64,
    /// The older contact, which stays if they are merged.
    pub contact: Contact,
    /// The newer contact, which becomes part of the older one.
    pub other_contact: Contact,
    /// Why they may be one.
    pub reason: SuggestionReason,
    /// The number or id by which this was noticed.
    pub address: String,
    /// When it was noticed.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// What a person is called, and who says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PersonName {
    /// Nobody has said.
    #[default]
    Unknown,
    /// As the owner calls them.
    ByOwner(String),
    /// As they call themselves, in a WhatsApp profile: any text, chosen by whoever writes.
    ByProfile(String),
}
