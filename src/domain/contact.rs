//! People.

use super::{BusinessId, ContactId, Timestamp};
use serde::{Deserialize, Serialize};

/// A person that the business deals with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// Whose contact it is.
    pub business_id: BusinessId,
    /// As the owner wrote it, else as WhatsApp showed it; empty if nobody said.
    pub display_name: String,
    /// When we first met.
    pub created_at: Timestamp,
}
