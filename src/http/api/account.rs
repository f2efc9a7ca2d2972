//! Login, logout, and the current user's password.

pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::session::Browser;
use crate::crm::token::OneTimeSecret;
use crate::crm::{self, session, user};
use crate::domain::{self, Session};
use crate::http::auth::{self, Actor, Anyone, Client, DeviceCookie, LoggedIn, Login, Member, SessionCookie};
use crate::http::extract::{Json, ShortJson};
use crate::http::{ApiError, AppState, Confidential, ErrorBody, Peer};
use crate::store::{self, Device};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use view::{BusinessSummary, ChangePasswordRequest, LoginRequest, SessionResponse};

pub(super) fn operations() -> Operations {
    operations![log_in, log_out, get_session, change_password]
}

/// Log in with a name and a password.
///
/// The response sets the session cookie.
#[utoipa::path(post, path = "/api/login", tag = "account", operation_id = "log_in", request_body = LoginRequest, responses(
        (status = 200, body = SessionResponse),
        (status = 401, description = "The name or the password is wrong: `wrong_password`", body = ErrorBody),
        (status = 403, description = "Passwords are not accepted on this connection (`https_required`)", body = ErrorBody),
        (status = 429, body = ErrorBody)))]
pub(super) async fn log_in(
    _anyone: Anyone,
    State(state): State<AppState>,
    Confidential(peer): Confidential,
    headers: HeaderMap,
    ShortJson(LoginRequest { name, password }): ShortJson<LoginRequest>,
) -> Result<Response, ApiError> {
    user::check_name(&name)?;
    let address = peer.origin();
    let device = known_device(&state, &headers, &name).await?;
    let client = match &device {
        Some((device, Device::OfUser)) => Client::KnownDevice(device.expose()),
        Some(_) | None => Client::Address(address),
    };
    let found = {
        let name = name.trim().to_owned();
        state.store.read(move |tx| tx.credentials(&name)).await?
    };
    let (hash, user) = found.unzip();
    let account = auth::AccountKey { name: &name, password_hash: hash.as_deref() };
    state.auth.login_rate_limiter.begin("Login attempt", client, account)?;
    let right = state.auth.passwords.verify(client.into(), password, hash.clone()).await?;
    let Some(user) = user.filter(|_| right) else {
        tracing::warn!(event = "LOGIN_FAILED", %address, "Login failed from {address}: wrong name or password");
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_password", "the name or the password is wrong"));
    };
    state.auth.login_rate_limiter.succeeded(client, account);
    let device = device.map_or_else(OneTimeSecret::cookie, |(device, _)| device);
    start_session(&state, user, device, &headers, peer).await
}

/// Returns none unless a user has logged in from the browser.
async fn known_device(
    state: &AppState,
    headers: &HeaderMap,
    name: &str,
) -> Result<Option<(OneTimeSecret, Device)>, ApiError> {
    let Some(device) = DeviceCookie::find(headers) else { return Ok(None) };
    let known = {
        let (device, name) = (device.clone(), name.trim().to_owned());
        state.store.read(move |tx| session::device(tx, &device, &name)).await?
    };
    Ok(Some((device, known)).filter(|_| known != Device::Unknown))
}

pub(super) async fn start_session(
    state: &AppState,
    user: domain::User,
    device: OneTimeSecret,
    headers: &HeaderMap,
    peer: Peer,
) -> Result<Response, ApiError> {
    let (secret, now) = (OneTimeSecret::cookie(), clock::now());
    let http = &state.config().http;
    let cookies = AppendHeaders([
        (header::SET_COOKIE, SessionCookie::set(&secret, http, peer)),
        (header::SET_COOKIE, DeviceCookie::set(&device, http, peer)),
    ]);
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (session, browser) = (session::new(user, now), Browser::new(secret, device, &agent));
    let stored = {
        let (session, browser) = (session.clone(), browser.clone());
        crm::transact(&state.store, move |tx| session::begin(tx, &session, &browser)).await
    };
    match stored {
        Ok(()) => {}
        Err(crm::Error::Store(store::Error::NotWritable(_))) => {
            state.auth.unstored_sessions.begin(&state.store, session.clone(), browser);
        }
        Err(error) => return Err(error.into()),
    }
    let Session { user, csrf_token, .. } = session;
    tracing::info!(event = "LOGIN", user = %user.id, "User {} logged in", user.id);
    let role = user.role.into();
    let business = BusinessSummary::of(&state.config().business);
    let session = SessionResponse { ok: true, user: Some(user.into()), role, csrf_token: Some(csrf_token), business };
    Ok((cookies, axum::Json(session)).into_response())
}

/// Log out: end the session of this request.
#[utoipa::path(post, path = "/api/logout", tag = "account", operation_id = "log_out",
    responses((status = 200, description = "The session has ended.", body = OkResponse)))]
pub(super) async fn log_out(
    State(state): State<AppState>,
    LoggedIn(actor, login): LoggedIn,
    peer: Peer,
) -> Result<Response, ApiError> {
    let (id, id_hash, now) = (actor.id, login.id_hash, clock::now());
    state.auth.unstored_sessions.forget(&id_hash);
    let ended = {
        let id_hash = id_hash.clone();
        actor.transact(&state.store, move |tx| session::end(tx, id, &id_hash, now)).await
    };
    match ended {
        Ok(()) => {}
        Err(crm::Error::Store(store::Error::NotWritable(_))) => {
            // Its audit row is added when the session is deleted.
            actor.skip_audit();
            state.auth.unstored_sessions.end(&state.store, id, id_hash);
        }
        Err(error) => return Err(error.into()),
    }
    let cookies = SessionCookie::clear(&state.config().http, peer).map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), OkResponse::OK).into_response())
}

/// Get the current session and its user.
#[utoipa::path(get, path = "/api/session", tag = "account", operation_id = "get_session",
    responses((status = 200, body = SessionResponse)))]
pub(super) async fn get_session(
    State(state): State<AppState>,
    Member(actor): Member,
    peer: Peer,
    headers: HeaderMap,
) -> Response {
    let (session, cookie) = session_of(&state, actor, peer, &headers).await;
    (cookie.map(|cookie| AppendHeaders([(header::SET_COOKIE, cookie)])), axum::Json(session)).into_response()
}

/// Also returns a device cookie to set, if the browser of a session has none yet.
pub(super) async fn session_of(
    state: &AppState,
    actor: Actor,
    peer: Peer,
    headers: &HeaderMap,
) -> (SessionResponse, Option<HeaderValue>) {
    let device = match &actor.login {
        Some(login) if DeviceCookie::find(headers).is_none() => remember_device(state, login, headers).await,
        _ => None,
    };
    let cookie = device.map(|device| DeviceCookie::set(&device, &state.config().http, peer));
    let (user, csrf_token) = actor.login.map(|login| (login.user.into(), login.csrf_token)).unzip();
    let business = BusinessSummary::of(&state.config().business);
    (SessionResponse { ok: true, user, role: actor.role.into(), csrf_token, business }, cookie)
}

/// The value is derived from the session cookie, so that a client that does not keep cookies still counts as one
/// device. Returns none if the store cannot be used.
async fn remember_device(state: &AppState, login: &Login, headers: &HeaderMap) -> Option<OneTimeSecret> {
    let device = OneTimeSecret::returned(SessionCookie::find(headers)?).derive("device");
    let (id, now) = (login.user.id, clock::now());
    let known = {
        let (device, name) = (device.clone(), login.user.name.clone());
        state.store.read(move |tx| session::device(tx, &device, &name)).await.ok()?
    };
    if known != Device::OfUser {
        let device = device.clone();
        state.store.write(move |tx| session::remember_device(tx, &device, id, now)).await.ok()?;
    }
    Some(device)
}

/// Change the password of the current user.
///
/// All other sessions of the user end.
#[utoipa::path(post, path = "/api/password", tag = "account", operation_id = "change_password",
    request_body = ChangePasswordRequest, responses(
    (status = 200, description = "The password was changed.", body = OkResponse),
    (status = 403, description = "The current password is wrong (`wrong_password`), passwords are not accepted on this connection \
        (`https_required`), a token was sent (`forbidden`), or X-CSRF-Token is wrong (`csrf`)", body = ErrorBody),
    (status = 429, body = ErrorBody)))]
pub(super) async fn change_password(
    State(state): State<AppState>,
    _: Confidential,
    LoggedIn(actor, login): LoggedIn,
    Json(change): Json<ChangePasswordRequest>,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (actor_id, now) = (actor.id, clock::now());
    let id = login.user.id;
    check_password(&state, &login, change.current_password).await?;
    let new_password = change.new_password;
    let hash = hash_password(&state, "new_password", new_password, &login.user.name).await?;
    let keep = login.id_hash;
    let work = actor.transact(&state.store, move |tx| user::set_password(tx, actor_id, id, &hash, Some(&keep), now));
    work.await?;
    Ok(OkResponse::OK)
}

/// Attempts are limited like logins from a known device, separately for each session.
pub(super) async fn check_password(state: &AppState, login: &Login, password: String) -> Result<(), ApiError> {
    let id = login.user.id;
    let hash = state.store.read(move |tx| tx.password_hash(id)).await?;
    let client = Client::KnownDevice(&login.id_hash);
    let account = auth::AccountKey { name: &login.user.name, password_hash: Some(&hash) };
    state.auth.login_rate_limiter.begin("Attempt to confirm a password", client, account)?;
    if !state.auth.passwords.verify(client.into(), password, Some(hash.clone())).await? {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_password", "the current password is wrong"));
    }
    state.auth.login_rate_limiter.succeeded(client, account);
    Ok(())
}

/// `field` is the password's field in the request.
pub(super) async fn hash_password(
    state: &AppState,
    field: &'static str,
    password: String,
    user_name: &str,
) -> Result<String, ApiError> {
    let names = [user_name.to_owned(), state.config().business.name.clone()];
    state.auth.passwords.hash(field, password, names).await
}
