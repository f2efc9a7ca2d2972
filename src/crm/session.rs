//! Logging in and out.

use super::Error;
use super::token::OneTimeSecret;
use crate::domain::{ActorId, Session, Timestamp, User};
use crate::entropy;
use crate::store::{NewSession, WriteTx};
use std::time::Duration;

/// Begins a session for somebody who has shown the password; the cookie's secret is the caller's to send.
pub fn begin(
    tx: &WriteTx<'_>,
    user: User,
    cookie: &OneTimeSecret,
    user_agent: &str,
    now: Timestamp,
) -> Result<Session, Error> {
    let csrf_token = entropy::random_hex::<16>();
    let expires_at = now.plus(LASTS);
    let user_agent = &user_agent[..user_agent.floor_char_boundary(200)];
    let session = NewSession { csrf_token: &csrf_token, now, expires_at, user_agent };
    tx.insert_session(&cookie.hash(), user.id, &session)?;
    tx.set_last_login(user.id, now)?;
    tx.insert_audit(ActorId::User(user.id), "login", &ActorId::User(user.id).to_string(), now)?;
    let user = User { last_login_at: Some(now), ..user };
    Ok(Session { user, csrf_token, last_seen_at: now, expires_at })
}

/// Ends a session.
pub fn end(tx: &WriteTx<'_>, actor: ActorId, cookie_hash: &str, now: Timestamp) -> Result<(), Error> {
    tx.delete_session(cookie_hash)?;
    tx.insert_audit(actor, "logout", &actor.to_string(), now)?;
    Ok(())
}

/// How long a session lasts after it was last used.
pub const LASTS: Duration = Duration::from_hours(30 * 24);

/// How exactly the last use is noted.
pub const SEEN_EVERY: Duration = Duration::from_mins(5);
