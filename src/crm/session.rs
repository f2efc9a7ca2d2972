//! Login sessions, and the browsers from which users have logged in.

use super::token::OneTimeSecret;
use super::{Error, RequestError};
use crate::domain::{ActorId, Session, SessionSummary, Timestamp, User, UserId};
use crate::entropy;
use crate::store::{self, Device, NewSession, ReadTx, WriteTx};
use std::time::Duration;

/// The browser of a new session.
#[derive(Clone)]
pub struct Browser {
    cookie: OneTimeSecret,
    device: OneTimeSecret,
    user_agent: String,
}

impl Browser {
    /// The values of its session cookie, its device cookie, see [`device`], and its `User-Agent` header.
    pub fn new(cookie: OneTimeSecret, device: OneTimeSecret, user_agent: &str) -> Self {
        Self { cookie, device, user_agent: user_agent[..user_agent.floor_char_boundary(200)].to_owned() }
    }

    pub fn id_hash(&self) -> String {
        self.cookie.hash()
    }
}

/// Returns a session for a user whose password was verified or set just now.
pub fn new(user: User, now: Timestamp) -> Session {
    let user = User { last_login_at: Some(now), ..user };
    let csrf_token = entropy::random_hex::<16>();
    Session { user, csrf_token, created_at: now, last_seen_at: now, expires_at: expires_at(now, now) }
}

/// Stores a new session and the device. The function's caller must send both cookies to the browser.
pub fn begin(tx: &WriteTx<'_>, session: &Session, browser: &Browser) -> Result<(), Error> {
    let Session { user, csrf_token, created_at: now, expires_at, .. } = session;
    let (now, user_agent) = (*now, browser.user_agent.as_str());
    let stored = NewSession { csrf_token, now, expires_at: *expires_at, user_agent };
    tx.insert_session(&browser.id_hash(), user.id, &stored)?;
    remember_device(tx, &browser.device, user.id, now)?;
    tx.set_last_login(user.id, now)?;
    tx.insert_audit(ActorId::User(user.id), "login", &ActorId::User(user.id).to_string(), now)?;
    Ok(())
}

pub fn find(tx: &ReadTx<'_>, cookie_hash: &str, now: Timestamp) -> store::Result<Option<Session>> {
    tx.session(cookie_hash, now, now.minus(LIFETIME))
}

/// Returns a session that is not stored, with the user's present data. Returns `None` if the user was removed, or if the
/// user's sessions were ended or a password was set after the session began.
pub fn if_valid(tx: &ReadTx<'_>, session: Session) -> store::Result<Option<Session>> {
    if tx.are_sessions_ended_since(session.user.id, session.created_at)? {
        return Ok(None);
    }
    Ok(tx.user(session.user.id)?.map(|user| Session { user, ..session }))
}

/// The most recently used session comes first.
pub fn list(tx: &ReadTx<'_>, user: UserId, now: Timestamp) -> Result<Vec<SessionSummary>, Error> {
    tx.user(user)?.ok_or(RequestError::NotFound("user"))?;
    Ok(tx.sessions_of(user, now, now.minus(LIFETIME))?)
}

pub fn expires_at(began_at: Timestamp, now: Timestamp) -> Timestamp {
    now.plus(IDLE).min(began_at.plus(LIFETIME))
}

pub fn end(tx: &WriteTx<'_>, actor: ActorId, cookie_hash: &str, now: Timestamp) -> Result<(), Error> {
    tx.delete_session(cookie_hash)?;
    tx.insert_audit(actor, "logout", &actor.to_string(), now)?;
    Ok(())
}

/// With `user`, deletes the session only if it belongs to this user.
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

/// Keeps the session with the cookie hash `keep`.
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

/// Returns the stored data about the browser with this device cookie. Failed login attempts from other devices do not
/// delay a browser from which the user has logged in before.
pub fn device(tx: &ReadTx<'_>, cookie: &OneTimeSecret, user_name: &str) -> store::Result<Device> {
    tx.device(&cookie.hash(), user_name)
}

pub fn remember_device(tx: &WriteTx<'_>, cookie: &OneTimeSecret, user: UserId, now: Timestamp) -> store::Result<()> {
    tx.remember_device(&cookie.hash(), user, now, MAX_DEVICES)
}

/// How long a session remains valid after its last use.
pub const IDLE: Duration = Duration::from_hours(7 * 24);

/// The maximum lifetime of a session, even if it is used all the time.
pub const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The precision of the stored time of last use: the time is not stored again before this duration has passed, so that
/// not every request causes a write.
pub const LAST_SEEN_PRECISION: Duration = Duration::from_mins(5);

const MAX_DEVICES: usize = 20;
