//! Who may use the CRM: people by name and password, programs by token.

use super::{Role, Timestamp, TokenId, UserId};
use serde::{Deserialize, Serialize};

/// Someone who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: UserId,
    /// What they log in with; capital letters make no difference.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When they last logged in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login_at: Option<Timestamp>,
}

/// A bearer token for the API, without the secret, which is shown once and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiToken {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// A login that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who it belongs to.
    pub user: User,
    /// What every changing request must carry in `X-CSRF-Token`.
    pub csrf_token: String,
    /// When it was last used, to a few minutes.
    pub last_seen_at: Timestamp,
    /// When it ends, if it is not used before.
    pub expires_at: Timestamp,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Its number; greater is later.
    pub id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: `user:3`, `token:2`, `cli`.
    pub actor: String,
    /// What: `login`, `user_added`, `token_revoked`, …
    pub action: String,
    /// To whom or what: `user:3`, `token:2`, …
    pub subject: String,
}
