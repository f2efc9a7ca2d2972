//! What the API shows of users.

use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type Role = OneOf<domain::Role>;
pub(crate) type UserPage = Page<User>;

/// A user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct User {
    /// The id.
    id: i64,
    /// The log-in name; not case-sensitive.
    name: String,
    /// The role.
    role: Role,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When they last logged in.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login_at: Option<Timestamp>,
}

impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.0,
            name: user.name,
            role: user.role.into(),
            created_at: user.created_at,
            last_login_at: user.last_login_at,
        }
    }
}

/// A new user.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUserRequest {
    pub(super) name: String,
    pub(super) role: Role,
    /// At least 10 characters, and none of the common passwords.
    pub(super) password: String,
}

/// A new password for a user.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPasswordRequest {
    /// At least 10 characters, and none of the common passwords.
    pub(super) password: String,
}
