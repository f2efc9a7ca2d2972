//! What the API shows of the confirmation of a password.

use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};

/// The password of the current user.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmPasswordRequest {
    pub(super) password: String,
}

/// The session is confirmed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConfirmPasswordResponse {
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub(super) valid_until: Timestamp,
}
