//! The users and API tokens of the CRM.

use super::{ContactId, Role, Timestamp, TokenId, UserId};
use serde::{Deserialize, Serialize};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The log-in name; not case-sensitive.
    pub name: String,
    /// The role.
    pub role: Role,
    /// When it was created.
    pub created_at: Timestamp,
    /// When they last logged in.
    pub last_login_at: Option<Timestamp>,
}

/// A bearer token for the API, without the secret, which is shown once and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The id.
    pub id: TokenId,
    /// Its purpose, as its creator named it.
    pub name: String,
    /// The role of the token.
    pub role: Role,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The actor that created it: `user:3`, `token:2`, `cli`. Null if unknown.
    pub created_by: Option<String>,
    /// The name of the user who answers for it; null for a token of the command line. Without this user, or without a role
    /// that has the token's rights, the token is not accepted.
    pub user_name: Option<String>,
    /// When it expires; null: never.
    pub expires_at: Option<Timestamp>,
}

impl ApiToken {
    /// Returns true once the token has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// A login session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user.
    pub user: User,
    /// Required in `X-CSRF-Token` of every changing request.
    pub csrf_token: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, to a few minutes.
    pub last_seen_at: Timestamp,
    /// When it expires if it is not used.
    pub expires_at: Timestamp,
}

/// A session as it is listed: without anything that could be used as its cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// The first [`Self::ID_LENGTH`] characters of the cookie's hash.
    pub id: String,
    /// The User-Agent of the browser.
    pub user_agent: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, to a few minutes.
    pub last_seen_at: Timestamp,
    /// When it expires if it is not used.
    pub expires_at: Timestamp,
}

impl SessionSummary {
    /// The length of an id in characters.
    pub const ID_LENGTH: usize = 16;

    /// The id of the session whose cookie has this hash.
    pub fn id_of(id_hash: &str) -> &str {
        id_hash.get(..Self::ID_LENGTH).unwrap_or(id_hash)
    }
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The number of the entry; later entries have greater numbers.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The actor: `user:3`, `token:2`, `cli`.
    pub actor: String,
    /// The name of the user or the token; null for other actors.
    pub actor_name: Option<String>,
    /// For a token, the actor that created it.
    pub token_created_by: Option<String>,
    /// The action: `login`, `user_added`, `token_revoked`, …; for all other changes by the API the `operationId` of the request.
    pub action: String,
    /// What was changed: `user:3`, `token:2`, …
    pub subject: String,
    /// The name of what was changed, if it has one and still exists; of what belongs to a contact, the contact's.
    pub subject_name: Option<String>,
    /// The contact that was changed, or to whom it belongs.
    pub contact_id: Option<ContactId>,
}
