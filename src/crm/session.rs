//! Login sessions.

use super::token::OneTimeSecret;
use super::{Error, RequestError};
use crate::domain::{ActorId, Session, SessionSummary, Timestamp, User, UserId};
use crate::entropy;
use crate::store::{self, Device, NewSession, ReadTx, WriteTx};
use std::time::Duration;

/// Creates a session for a user whose password was verified; the caller sends the secrets of both cookies. The device
/// is remembered, see [`device`].
pub fn begin(
    tx: &WriteTx<'_>,
    user: User,
    cookie: &OneTimeSecret,
    device: &OneTimeSecret,
    user_agent: &str,
    now: Timestamp,
) -> Result<Session, Error> {
    let csrf_token = entropy::random_hex::<16>();
    let expires_at = expires_at(now, now);
    let user_agent = &user_agent[..user_agent.floor_char_boundary(200)];
    let session = NewSession { csrf_token: &csrf_token, now, expires_at, user_agent };
    tx.insert_session(&cookie.hash(), user.id, &session)?;
    remember_device(tx, device, user.id, now)?;
    tx.set_last_login(user.id, now)?;
    tx.insert_audit(ActorId::User(user.id), "login", &ActorId::User(user.id).to_string(), now)?;
    let user = User { last_login_at: Some(now), ..user };
    Ok(Session { user, csrf_token, created_at: now, last_seen_at: now, expires_at })
}

/// The session of a cookie, if it is valid at `now`.
pub fn find(tx: &ReadTx<'_>, cookie_hash: &str, now: Timestamp) -> store::Result<Option<Session>> {
    tx.session(cookie_hash, now, now.minus(LIFETIME))
}

/// A user's sessions, the last used first.
pub fn list(tx: &ReadTx<'_>, user: UserId, now: Timestamp) -> Result<Vec<SessionSummary>, Error> {
    tx.user(user)?.ok_or(RequestError::NotFound("user"))?;
    Ok(tx.sessions_of(user, now, now.minus(LIFETIME))?)
}

/// When a session that began at `began_at` ends if it is not used after `now`.
pub fn expires_at(began_at: Timestamp, now: Timestamp) -> Timestamp {
    now.plus(IDLE).min(began_at.plus(LIFETIME))
}

/// Ends the session of a cookie.
pub fn end(tx: &WriteTx<'_>, actor: ActorId, cookie_hash: &str, now: Timestamp) -> Result<(), Error> {
    tx.delete_session(cookie_hash)?;
    tx.insert_audit(actor, "logout", &actor.to_string(), now)?;
    Ok(())
}

/// Ends the session with that id; with `user`, only if it is that user's.
pub fn end_by_id(
    tx: &WriteTx<'_>,
    actor: ActorId,
    id: &str,
    user: Option<UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.delete_session_by_id(id, user)?;
    tx.insert_audit(actor, "session_ended", &format!("session:{id}"), now)?;
    Ok(())
}

/// Ends all sessions of a user except the one with the cookie hash `keep`.
pub fn end_all(
    tx: &WriteTx<'_>,
    actor: ActorId,
    user: UserId,
    keep: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.user(user)?.ok_or(RequestError::NotFound("user"))?;
    tx.delete_sessions_of(user, keep)?;
    tx.insert_audit(actor, "sessions_ended", &ActorId::User(user).to_string(), now)?;
    Ok(())
}

/// What is known of the browser with that device cookie. A browser from which the user has logged in before is not
/// delayed by failed attempts from elsewhere.
pub fn device(tx: &ReadTx<'_>, cookie: &OneTimeSecret, user_name: &str) -> store::Result<Device> {
    tx.device(&cookie.hash(), user_name)
}

/// Remembers that a user has logged in from the browser with that device cookie.
pub fn remember_device(tx: &WriteTx<'_>, cookie: &OneTimeSecret, user: UserId, now: Timestamp) -> store::Result<()> {
    tx.remember_device(&cookie.hash(), user, now, MAX_DEVICES)
}

/// How long a session lasts after its last use.
pub const IDLE: Duration = Duration::from_hours(7 * 24);

/// How long a session lasts at most.
pub const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// How precisely the last use is recorded.
pub const LAST_SEEN_PRECISION: Duration = Duration::from_mins(5);

/// How many devices of a user are remembered.
const MAX_DEVICES: usize = 20;
