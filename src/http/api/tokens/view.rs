//! What the API shows of API tokens.

use crate::domain::{self, Timestamp};
use crate::http::api::users::view::Role;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type ApiTokenPage = Page<ApiToken>;

/// A bearer token for the API, without the secret, which is shown once and not kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ApiToken {
    /// The id.
    id: i64,
    /// Its purpose, as its creator named it.
    name: String,
    /// The role of the token.
    role: Role,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// The actor that created it: `user:3`, `token:2`, `cli`. Null if unknown.
    created_by: Option<String>,
    /// The name of the user who answers for it; null for a token of the command line. Without this user, or without a role
    /// that has the token's rights, the token is not accepted.
    user_name: Option<String>,
    /// When it expires; null: never.
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

/// A new token.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTokenRequest {
    /// Its purpose, as its creator named it.
    pub(super) name: String,
    /// The role of the token; `staff` by default.
    pub(super) role: Option<Role>,
    /// When it expires; absent or null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expires_at: Option<Timestamp>,
}

/// A new token with its secret, which is shown only once.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CreateTokenResponse {
    #[serde(flatten)]
    pub(super) details: ApiToken,
    /// Goes into `Authorization: Bearer …`.
    pub(super) token: String,
}
