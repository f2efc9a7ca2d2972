//! API types of API tokens.

use crate::domain::{self, Timestamp};
use crate::http::api::users::view::Role;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type ApiTokenPage = Page<ApiToken>;

/// An API token, without the secret, which is shown only once and not stored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ApiToken {
    /// The id of the token.
    id: i64,
    /// The purpose of the token, as its creator named it.
    name: String,
    /// The role of the token.
    role: Role,
    /// When the token was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the token was last used, to within a minute; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// The actor that created the token: `user:3`, `token:2` or `cli`; null if unknown.
    created_by: Option<String>,
    /// The name of the user who is responsible for the token; null for a token of the command line. If this user is
    /// removed, or loses the role that the token has, the daemon rejects the token.
    user_name: Option<String>,
    /// When the token expires; null if it never expires.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<domain::ApiToken> for ApiToken {
    fn from(token: domain::ApiToken) -> Self {
        Self {
            id: token.id.0,
            name: token.name,
            role: token.role.into(),
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            created_by: token.created_by,
            user_name: token.user_name,
            expires_at: token.expires_at,
        }
    }
}

/// A new API token.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTokenRequest {
    /// A name that describes the purpose of the token, 1 to 60 characters.
    pub(super) name: String,
    /// The role of the token; `staff` by default.
    pub(super) role: Option<Role>,
    /// When the token expires, in the future; absent or null if it never expires.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expires_at: Option<Timestamp>,
}

/// A new token with its secret, which is shown only once.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CreateTokenResponse {
    #[serde(flatten)]
    pub(super) details: ApiToken,
    /// The secret to send in the header `Authorization: Bearer …`.
    pub(super) token: String,
}
