//! People.

use super::{BusinessId, ContactId, Timestamp};
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
