//! What the API shows of the current user and its session.

use crate::config::BusinessConfig;
use crate::http::api::users::view::{Role, User};
use serde::{Deserialize, Serialize};

/// Name and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// Not case-sensitive.
    pub(super) name: String,
    pub(super) password: String,
}

/// The current user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SessionResponse {
    /// Always true.
    pub(super) ok: bool,
    /// Who it is; null for a token.
    pub(super) user: Option<User>,
    /// The role.
    pub(super) role: Role,
    /// Goes into `X-CSRF-Token` of every request that changes something; null for a token, which needs none.
    pub(super) csrf_token: Option<String>,
    /// What the page needs to know of the business to show names, times and numbers.
    pub(super) business: BusinessSummary,
}

/// The business, as the page's head and its formats need it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BusinessSummary {
    /// Empty until it is set.
    pub(super) name: String,
    /// The IANA name of the time zone in which all times are shown, such as `Asia/Jerusalem`.
    time_zone: String,
    /// The ISO 3166 code of the country whose phone numbers are shown in the national form.
    default_country: String,
}

impl BusinessSummary {
    pub(super) fn of(business: &BusinessConfig) -> Self {
        Self {
            name: business.name.clone(),
            time_zone: business.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            default_country: business.country.as_ref().to_owned(),
        }
    }
}

/// The old password and the new one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordRequest {
    pub(super) current_password: String,
    /// At least 10 characters, and none of the common passwords.
    pub(super) new_password: String,
}
