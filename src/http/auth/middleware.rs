//! The authentication middleware of the API, which requires a session or a token.

use super::actor::{Actor, Login};
use super::audit::{self, Audit, OperationIds};
use super::cookie::SessionCookie;
use super::credential::Credential;
use crate::clock;
use crate::crm::session::{self, LAST_SEEN_PRECISION};
use crate::crm::token;
use crate::domain::{ActorId, ApiToken, Session, Timestamp};
use crate::http::connection_limit::Client;
use crate::http::{ApiError, AppState};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

#[derive(Clone)]
pub(crate) struct AuthState {
    pub(crate) state: AppState,
    pub(crate) operations: Arc<OperationIds>,
}

/// Authenticates a request, passes the actor to the handler, and audits changes.
pub(crate) async fn require_auth(State(auth): State<AuthState>, mut request: Request, next: Next) -> Response {
    let AuthState { state, operations } = auth;
    let mut actor = match authenticate(&state, request.method(), request.headers()).await {
        Ok(actor) => actor,
        Err(error) => return error.into_response(),
    };
    Client::mark_authenticated(request.extensions());
    if !request.method().is_safe() {
        let (route, path) = (audit::route(&request), request.uri().path());
        actor.audit = Some(Audit::new(&operations, actor.id, request.method(), route, path));
    }
    let audit = actor.audit.clone();
    request.extensions_mut().insert(actor);
    let response = next.run(request).await;
    if let Some(audit) = audit.filter(|_| response.status().is_success()) {
        audit.ensure_recorded(&state.store).await;
    }
    response
}

pub(crate) async fn authenticate(state: &AppState, method: &Method, headers: &HeaderMap) -> Result<Actor, ApiError> {
    let now = clock::now();
    // Other authentication schemes are ignored: they belong to a proxy in front of this server.
    if let Some(token) = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer) {
        return by_token(state, token, now).await;
    }
    let cookie = SessionCookie::find(headers).ok_or_else(ApiError::unauthorized)?;
    let actor = by_cookie(state, cookie, now).await?;
    if !method.is_safe() {
        check_csrf(&actor, headers)?;
    }
    Ok(actor)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

async fn by_token(state: &AppState, secret: &str, now: Timestamp) -> Result<Actor, ApiError> {
    let hash = token::hash(secret);
    let credential = Credential::Token(hash.clone());
    let found = state.store.read(move |tx| tx.token_by_hash(&hash)).await?;
    let token = found.ok_or_else(ApiError::unauthorized)?;
    if token.is_expired(now) {
        let message = "this token has expired; an owner can create a new one";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "token_expired", message));
    }
    record_token_use(state, &token, now);
    Ok(Actor { id: ActorId::Token(token.id), role: token.role, login: None, credential, audit: None })
}

async fn by_cookie(state: &AppState, secret: &str, now: Timestamp) -> Result<Actor, ApiError> {
    let id_hash = token::hash(secret);
    let session = {
        let (id_hash, sessions) = (id_hash.clone(), state.auth.unstored_sessions.clone());
        state.store.read(move |tx| sessions.find(tx, &id_hash, now)).await?.ok_or_else(ApiError::unauthorized)?
    };
    record_session_use(state, &id_hash, &session, now);
    let Session { user, csrf_token, .. } = session;
    let credential = Credential::Cookie(id_hash.clone(), state.auth.unstored_sessions.clone());
    let (id, role) = (ActorId::User(user.id), user.role);
    Ok(Actor { id, role, login: Some(Login { user, id_hash, csrf_token }), credential, audit: None })
}

/// Checks the CSRF header. A browser sends the cookie with every request, including those that a page of another site
/// causes. Such a page cannot set this header.
fn check_csrf(actor: &Actor, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(login) = &actor.login else { return Ok(()) };
    let given = headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    if bool::from(given.ct_eq(login.csrf_token.as_bytes())) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "the header X-CSRF-Token is missing or wrong; GET /api/session returns the right one",
    ))
}

/// Stores when a token was last used, at most once a minute, so that most requests cause no write. The request does not
/// wait for the write.
fn record_token_use(state: &AppState, token: &ApiToken, now: Timestamp) {
    if token.last_used_at.is_some_and(|used| now.since(used) < LAST_USED_PRECISION) {
        return;
    }
    let (store, id) = (state.store.clone(), token.id);
    tokio::spawn(async move { store.write(move |tx| tx.touch_token(id, now)).await });
}

fn record_session_use(state: &AppState, id_hash: &str, session: &Session, now: Timestamp) {
    if now.since(session.last_seen_at) < LAST_SEEN_PRECISION {
        return;
    }
    let expires_at = session::expires_at(session.created_at, now);
    let (store, id_hash) = (state.store.clone(), id_hash.to_owned());
    tokio::spawn(async move { store.write(move |tx| tx.touch_session(&id_hash, now, expires_at)).await });
}

const CSRF_HEADER: &str = "x-csrf-token";

const LAST_USED_PRECISION: Duration = Duration::from_mins(1);
