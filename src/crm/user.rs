//! User accounts: adding, passwords and removal.

use super::{Error, RequestError};
use crate::domain::{ActorId, Role, Timestamp, User, UserId, clean_name, is_visible};
use crate::store::{ReadTx, WriteTx};

pub fn add(
    tx: &WriteTx<'_>,
    actor: ActorId,
    name: &str,
    role: Role,
    password_hash: &str,
    now: Timestamp,
) -> Result<User, Error> {
    let name = check_name(name)?;
    if tx.user_by_name(&name)?.is_some() {
        return Err(RequestError::Conflict(format!("there is a user {name} already").into()).into());
    }
    let id = tx.insert_user(&name, role, password_hash, now)?;
    if role == Role::Owner {
        tx.delete_setup_codes()?;
    }
    tx.insert_audit(actor, "user_added", &ActorId::User(id).to_string(), now)?;
    Ok(User { id, name, role, created_at: now, last_login_at: None })
}

/// Keeps the session with the cookie hash `keep`.
pub fn set_password(
    tx: &WriteTx<'_>,
    actor: ActorId,
    id: UserId,
    password_hash: &str,
    keep: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.set_password_hash(id, password_hash)?;
    tx.delete_sessions_of(id, keep)?;
    tx.delete_devices_of(id)?;
    tx.insert_audit(actor, "password_set", &ActorId::User(id).to_string(), now)?;
    Ok(())
}

pub fn by_id(tx: &ReadTx<'_>, id: UserId) -> Result<User, Error> {
    Ok(tx.user(id)?.ok_or(RequestError::NotFound("user"))?)
}

/// Changes the role of another user, whose sessions continue with the new role. The owner's API tokens for which a user
/// is responsible are not accepted while the user is staff.
pub fn set_role(tx: &WriteTx<'_>, actor: ActorId, id: UserId, role: Role, now: Timestamp) -> Result<(), Error> {
    let user = by_id(tx, id)?;
    if actor == ActorId::User(id) {
        return Err(RequestError::Conflict("another owner must change your role".into()).into());
    }
    if user.role == role {
        return Ok(());
    }
    if user.role == Role::Owner && tx.count_owners()? == 1 {
        return Err(RequestError::Conflict("the last owner must stay an owner; add another one first".into()).into());
    }
    tx.set_user_role(id, role)?;
    if role == Role::Owner {
        tx.delete_setup_codes()?;
        tx.insert_audit(actor, "user_made_owner", &ActorId::User(id).to_string(), now)?;
    } else {
        tx.insert_audit(actor, "user_made_staff", &ActorId::User(id).to_string(), now)?;
    }
    Ok(())
}

pub fn remove(tx: &WriteTx<'_>, actor: ActorId, id: UserId, now: Timestamp) -> Result<(), Error> {
    let user = by_id(tx, id)?;
    if user.role == Role::Owner && tx.count_owners()? == 1 {
        return Err(RequestError::Conflict("the last owner cannot be removed; add another one first".into()).into());
    }
    tx.disable_user(id, now)?;
    tx.delete_sessions_of(id, None)?;
    tx.delete_devices_of(id)?;
    for token in tx.revoke_tokens_of(id, now)? {
        tx.insert_audit(actor, "token_revoked", &ActorId::Token(token).to_string(), now)?;
    }
    tx.insert_audit(actor, "user_removed", &ActorId::User(id).to_string(), now)?;
    Ok(())
}

pub fn find(tx: &WriteTx<'_>, name: &str) -> Result<User, Error> {
    Ok(tx.user_by_name(name.trim())?.ok_or(RequestError::NotFound("user"))?)
}

/// Returns the stored form of the name of a user or a token.
pub fn check_name(name: &str) -> Result<String, RequestError> {
    // A character that cannot be seen would make two names look the same. The Braille blank is seen by no one either.
    let is_hidden = |c: char| c != ' ' && (!is_visible(c) || c == '\u{2800}');
    let name = clean_name(name, MAX_NAME_CHARS).filter(|name| !name.is_empty() && !name.contains(is_hidden));
    let message = format!("the name must have 1 to {MAX_NAME_CHARS} characters, all printable");
    name.ok_or_else(|| RequestError::field("name", message))
}

const MAX_NAME_CHARS: usize = 60;
