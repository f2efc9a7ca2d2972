//! API types of users.

use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type Role = OneOf<domain::Role>;
pub(crate) type UserPage = Page<User>;

/// A user of the web page and the API.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct User {
    /// The id of the user.
    id: i64,
    /// The login name; not case-sensitive.
    name: String,
    /// The role of the user, which determines the allowed operations.
    role: Role,
    /// When the user was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the user last logged in; null if the user never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login_at: Option<Timestamp>,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for User {
    fn version(&self) -> impl Serialize {
        (self.id, &self.name, self.role)
    }
}

impl Listed for User {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.0,
            name: user.name,
            role: user.role.into(),
            created_at: user.created_at,
            last_login_at: user.last_login_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new user of the web page and the API.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUserRequest {
    /// The user's login name: 1 to 60 characters, unique; not case-sensitive.
    pub(super) name: String,
    pub(super) role: Role,
    /// The user's password: at least 10 characters and at most 1024 bytes, no repetition of a short text, no common
    /// password, and not close to the name of the user, the business or the product.
    pub(super) password: String,
}

/// A change of a user.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateUserRequest {
    /// The new role of the user.
    pub(super) role: Role,
}

/// A new password for a user.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPasswordRequest {
    /// The new password: at least 10 characters and at most 1024 bytes, no repetition of a short text, no common
    /// password, and not close to the name of the user, the business or the product.
    pub(super) password: String,
}
