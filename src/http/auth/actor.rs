//! Who asks.

use super::{Audit, Credential};
use crate::domain::{ActorId, Role, User};
use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Who asks: the logged-in user or the token's program. A handler that takes one cannot be reached by anybody else.
#[derive(Clone, Debug)]
pub struct Actor {
    /// As audit log and messages name them; `to_string()` gives `user:3`.
    pub id: ActorId,
    /// What they may do.
    pub role: Role,
    /// The login, where it is one; a token has none.
    pub login: Option<Login>,
    /// With what the request was authenticated.
    pub(crate) credential: Credential,
    /// The audit row of the request; none where the request changes nothing.
    pub(crate) audit: Option<Audit>,
}

/// An owner. A handler that takes one cannot be reached by anybody else.
#[derive(Clone, Debug)]
pub(crate) struct Owner(pub(crate) Actor);

/// A login with its actor. A handler that takes one cannot be reached with a token.
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn(pub(crate) Actor, pub(crate) Login);

/// A login by cookie.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who it is.
    pub user: User,
    /// The session's key.
    pub id_hash: String,
    /// What every changing request must carry.
    pub csrf_token: String,
}

impl Actor {
    /// Says what the request changed, where no id in its path does.
    pub(crate) fn set_audit_subject(&self, subject: impl Into<String>) {
        if let Some(audit) = &self.audit {
            audit.set_subject(subject);
        }
    }

    /// The login; a token has none and is refused.
    pub fn require_login(&self) -> Result<&Login, ApiError> {
        self.login.as_ref().ok_or_else(|| ApiError::forbidden("a token cannot do this; log in with name and password"))
    }
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        // The guard has put it there; on a route that forgot its guard nobody gets in.
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::unauthorized)
    }
}

impl<S: Sync> FromRequestParts<S> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let actor = Actor::from_request_parts(parts, state).await?;
        match actor.role {
            Role::Owner => Ok(Self(actor)),
            Role::Staff => Err(ApiError::forbidden("only an owner may do this")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let actor = Actor::from_request_parts(parts, state).await?;
        let login = actor.require_login()?.clone();
        Ok(Self(actor, login))
    }
}
