//! API types of the confirmation of a password.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};

/// The password of the current user, which confirms the session for sensitive operations.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmPasswordRequest {
    pub(super) password: String,
}

/// How long the session counts as confirmed with the password.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConfirmPasswordResponse {
    /// When the confirmation expires; sensitive operations then require the password again.
    #[schema(value_type = String, format = DateTime)]
    pub(super) valid_until: Timestamp,
}
