//! The users and API tokens of the CRM, and their roles.

use super::{ContactId, Timestamp, TokenId, UserId, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// The permissions of a user or a token.
    Role {
        /// All permissions, including settings and users.
        Owner = "owner",
        /// Permissions for daily work: threads, messages, calls and contacts.
        Staff = "staff",
    }
}

/// An account of a person who uses the page or the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id: the number of the database row.
    pub id: UserId,
    /// The log-in name; not case-sensitive.
    pub name: String,
    /// The role, which decides the user's permissions.
    pub role: Role,
    /// When the account was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the user last logged in; none before the first time.
    pub last_login_at: Option<Timestamp>,
}

/// A bearer token for the API, without its secret. The secret is shown once and is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The id: the number of the database row.
    pub id: TokenId,
    /// The name that the creator gave the token, such as its purpose.
    pub name: String,
    /// The role, which decides the token's permissions.
    pub role: Role,
    /// When the token was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the token was last used, with a precision of a minute.
    pub last_used_at: Option<Timestamp>,
    /// The actor that created the token: `user:3`, `token:2`, `cli`; none if unknown.
    pub created_by: Option<String>,
    /// The name of the user who is responsible for the token; none for a token that the command line created. The token
    /// is rejected if this user is deleted, or if the user's role lacks the token's permissions.
    pub user_name: Option<String>,
    /// When the token expires; none if it never expires.
    pub expires_at: Option<Timestamp>,
}

impl ApiToken {
    /// Returns true from the time of expiry on.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// A login session of a user in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user who is logged in with this session.
    pub user: User,
    /// The token that each modifying request must contain in the header `X-CSRF-Token`.
    pub csrf_token: String,
    /// When the session was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the session was last used, with a precision of a few minutes.
    pub last_seen_at: Timestamp,
    /// When the session expires; each use extends it.
    pub expires_at: Timestamp,
}

/// A session as lists of sessions show it. It contains no data that could be used as the session's cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// The first [`Self::ID_LENGTH`] characters of the cookie's hash.
    pub id: String,
    /// The User-Agent of the browser.
    pub user_agent: String,
    /// When the session was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the session was last used, with a precision of a few minutes.
    pub last_seen_at: Timestamp,
    /// When the session expires; each use extends it.
    pub expires_at: Timestamp,
}

impl SessionSummary {
    /// The length of an id in characters.
    pub const ID_LENGTH: usize = 16;

    /// Returns the id of the session whose cookie has this hash.
    pub fn id_of(id_hash: &str) -> &str {
        id_hash.get(..Self::ID_LENGTH).unwrap_or(id_hash)
    }
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The number of the entry; later entries have greater numbers.
    pub id: i64,
    /// When the action happened.
    pub at: Timestamp,
    /// The actor, such as `user:3`, `token:2` or `cli`.
    pub actor: String,
    /// The name of the user or the token; none for other actors.
    pub actor_name: Option<String>,
    /// For a token, the actor that created it.
    pub token_created_by: Option<String>,
    /// The action: `login`, `user_added`, `token_revoked`, …; for all other changes by the API the `operationId` of the
    /// request.
    pub action: String,
    /// The changed object: `user:3`, `token:2`, …
    pub subject: String,
    /// The name of the changed object, or of the contact to which it belongs; none if it has no name or was deleted.
    pub subject_name: Option<String>,
    /// The contact that was changed, or to whom the changed object belongs; none if the change concerns no contact.
    pub contact_id: Option<ContactId>,
}
