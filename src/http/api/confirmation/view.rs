//! API types of the confirmation of a password.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};

/// A request to confirm the password of the current user, before an operation that needs a confirmed session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmPasswordRequest {
    pub(super) password: String,
}

/// The confirmation of the session, after the user has entered the password again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConfirmPasswordResponse {
    /// When the confirmation expires; operations that need it then require the password again.
    #[schema(value_type = String, format = DateTime)]
    pub(super) valid_until: Timestamp,
}
