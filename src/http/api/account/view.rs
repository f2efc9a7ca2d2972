//! API types of the login, the session and the password.

use crate::config::BusinessConfig;
use crate::http::api::users::view::{Role, User};
use serde::{Deserialize, Serialize};

/// The name and password of a login.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// The user name; not case-sensitive.
    pub(super) name: String,
    pub(super) password: String,
}

/// The current login session or API token: its user, role, CSRF token and business.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SessionResponse {
    /// Always true.
    pub(super) ok: bool,
    /// The user who is logged in; null if the request has a token.
    pub(super) user: Option<User>,
    /// The role of the user or the token.
    pub(super) role: Role,
    /// The value of the `X-CSRF-Token` header of every request that changes something; null for a token, which needs no
    /// CSRF token.
    pub(super) csrf_token: Option<String>,
    /// The name, time zone and country of the business.
    pub(super) business: BusinessSummary,
}

/// The settings of the business that a client needs to show its name, and to format times and phone numbers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BusinessSummary {
    /// The name of the business; empty until it is set.
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

/// The current password and the new one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordRequest {
    pub(super) current_password: String,
    /// The new password: at least 10 characters and at most 1024 bytes, no repetition of a short text, no common
    /// password, and not close to the name of the user, the business or the product.
    pub(super) new_password: String,
}
