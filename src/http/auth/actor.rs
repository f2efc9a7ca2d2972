//! The authenticated sender of a request.

use super::audit::Audit;
use super::credential::Credential;
use crate::crm;
use crate::domain::{ActorId, Role, User};
use crate::http::ApiError;
use crate::store::{Store, WriteTx};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;

/// The authenticated sender of a request: a user or an API token. Handlers receive it as `Member`, `LoggedIn`,
/// `LoggedInOrOwner` or `Owner`. These types also determine the access level in the OpenAPI document.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The id for the audit log and the author of messages; `to_string()` returns a text such as `user:3`.
    pub id: ActorId,
    pub role: Role,
    /// The session; none for a token.
    pub login: Option<Login>,
    pub(crate) credential: Credential,
    /// The audit row of the request; none if the request is read-only.
    pub(crate) audit: Option<Audit>,
}

/// A client without authentication. A handler with this argument is public.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anyone;

/// A user or a token of any role. A handler with this argument requires authentication.
#[derive(Clone, Debug)]
pub(crate) struct Member(pub(crate) Actor);

/// A session with its actor. A handler with this argument rejects tokens.
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn(pub(crate) Actor, pub(crate) Login);

/// A user of any role, or an owner's token. A handler with this argument rejects staff tokens.
#[derive(Clone, Debug)]
pub(crate) struct LoggedInOrOwner(pub(crate) Actor);

/// A user or token with the role of an owner. A handler with this argument requires this role.
#[derive(Clone, Debug)]
pub(crate) struct Owner(pub(crate) Actor);

#[derive(Clone, Debug)]
pub struct Login {
    pub user: User,
    /// The hash of the session cookie, by which the session is stored.
    pub id_hash: String,
    /// The value of the `X-CSRF-Token` header, which every changing request must have.
    pub csrf_token: String,
}

impl Actor {
    /// Sets the audit subject (the changed resource), for paths that contain no id. Has no effect for other paths, or
    /// if it is set already.
    pub(crate) fn set_audit_subject(&self, subject: impl Into<String>) {
        if let Some(audit) = &self.audit {
            audit.set_subject(subject);
        }
    }

    /// Adds a second audit row, for another item that the request creates in the same transaction.
    pub(crate) fn audit_also(&self, action: &'static str, subject: String) {
        if let Some(audit) = &self.audit {
            audit.also(action, subject);
        }
    }

    /// For requests that change no business data.
    pub(crate) fn skip_audit(&self) {
        if let Some(audit) = &self.audit {
            audit.skip();
        }
    }

    /// Adds the audit row of the request immediately, before a change after which the store may reject writes.
    pub(crate) async fn record_now(&self, store: &Store) {
        if let Some(audit) = self.audit.clone() {
            audit.ensure_recorded(store).await;
        }
    }

    /// Runs a use case in one transaction with an audit row: the use case's own row, or else that of the request. A use
    /// case that changes no data adds no row.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        store: &Store,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Result<T, crm::Error> {
        let audit = self.audit.clone();
        crm::transact(store, move |tx| match audit {
            Some(audit) => audit.around(tx, work),
            None => work(tx),
        })
        .await
    }

    pub(crate) fn require_login(&self) -> Result<&Login, ApiError> {
        self.login.as_ref().ok_or_else(|| ApiError::forbidden("a token cannot do this; log in with name and password"))
    }

    fn of(parts: &Parts) -> Result<Self, ApiError> {
        // The middleware inserts the actor. On a route without the middleware, every request is rejected.
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::unauthorized)
    }
}

impl<S: Sync> FromRequestParts<S> for Anyone {
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Member {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Ok(Self(Actor::of(parts)?))
    }
}

impl<S: Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let actor = Actor::of(parts)?;
        let login = actor.require_login()?.clone();
        Ok(Self(actor, login))
    }
}

impl<S: Sync> FromRequestParts<S> for LoggedInOrOwner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let actor = Actor::of(parts)?;
        if actor.role != Role::Owner {
            actor.require_login()?;
        }
        Ok(Self(actor))
    }
}

impl<S: Sync> FromRequestParts<S> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let actor = Actor::of(parts)?;
        match actor.role {
            Role::Owner => Ok(Self(actor)),
            Role::Staff => Err(ApiError::forbidden("only an owner may do this")),
        }
    }
}
