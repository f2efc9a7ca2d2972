//! Bearer tokens for API clients.

use super::idempotency::KeyedRequest;
use super::{Error, RequestError};
use crate::domain::{ActorId, ApiToken, Role, Timestamp, TokenId, hex};
use crate::entropy;
use crate::store::{NewApiToken, WriteTx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The secret of a client: an API token, which is shown once, or the value of a cookie. The database contains only its
/// hash.
#[derive(Clone)]
pub struct OneTimeSecret {
    text: String,
}

impl OneTimeSecret {
    /// Generates an API token: the prefix `agl_` and 256 random bits.
    pub fn token() -> Self {
        Self { text: format!("agl_{}", URL_SAFE_NO_PAD.encode(entropy::random_bytes::<32>())) }
    }

    /// Generates the value of a cookie: 256 random bits.
    pub fn cookie() -> Self {
        Self { text: URL_SAFE_NO_PAD.encode(entropy::random_bytes::<32>()) }
    }

    /// Wraps a secret that a client sent.
    pub fn returned(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// Derives another secret. The derived secret can be computed only from this secret, and does not reveal it.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self { text: hash(&format!("{purpose} {}", self.text)) }
    }

    pub fn expose(&self) -> &str {
        &self.text
    }

    pub fn hash(&self) -> String {
        hash(&self.text)
    }
}

/// Returns the SHA-256 of a secret in hex, as stored in the database. No salt is needed, because the secrets are long
/// and random.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Creates a token, unless an earlier request with the same key has created one: its secret was only in the response to
/// that request, so the repeated request is refused.
pub fn create_keyed(
    tx: &WriteTx<'_>,
    keyed: Option<KeyedRequest>,
    create: impl FnOnce(&WriteTx<'_>) -> Result<ApiToken, Error>,
    now: Timestamp,
) -> Result<ApiToken, Error> {
    let Some(keyed) = keyed else { return create(tx) };
    if keyed.first_id(tx)?.is_some() {
        let message = "the first request with this Idempotency-Key has created the token, and only its response had the \
            secret; if it was lost, revoke that token and create another one with a new key";
        return Err(RequestError::Conflict(message.into()).into());
    }
    let token = create(tx)?;
    keyed.store_id(tx, token.id.0, now)?;
    Ok(token)
}

/// Creates a token. The function's caller shows the secret once and does not store it. The token is rejected from
/// `expires_at` on.
pub fn create(
    tx: &WriteTx<'_>,
    actor: ActorId,
    name: &str,
    role: Role,
    secret_hash: &str,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<ApiToken, Error> {
    let name = super::user::check_name(name)?;
    if expires_at.is_some_and(|at| at <= now) {
        return Err(RequestError::field("expires_at", "expires_at must be in the future").into());
    }
    let user = match actor {
        ActorId::User(id) => Some(id),
        ActorId::Token(id) => tx.user_of_token(id)?,
        ActorId::CommandLine
        | ActorId::Contact
        | ActorId::Agent
        | ActorId::Phone
        | ActorId::OwnerByWhatsApp
        | ActorId::Daemon
        | ActorId::Unauthenticated => None,
    };
    let created_by = actor.to_string();
    let new = NewApiToken { name: &name, role, now, created_by: &created_by, user, expires_at };
    let id = tx.insert_token(secret_hash, &new)?;
    tx.insert_audit(actor, "token_created", &ActorId::Token(id).to_string(), now)?;
    let user_name = user.map(|id| tx.user(id)).transpose()?.flatten().map(|user| user.name);
    Ok(ApiToken {
        id,
        name,
        role,
        created_at: now,
        last_used_at: None,
        created_by: Some(created_by),
        user_name,
        expires_at,
    })
}

pub fn revoke(tx: &WriteTx<'_>, actor: ActorId, id: TokenId, now: Timestamp) -> Result<(), Error> {
    tx.revoke_token(id, now)?;
    tx.insert_audit(actor, "token_revoked", &ActorId::Token(id).to_string(), now)?;
    Ok(())
}

/// Finds the token with this id, otherwise the only token with this name.
pub fn find(tokens: &[ApiToken], which: &str) -> Result<ApiToken, RequestError> {
    if let Some(token) = which.parse().ok().and_then(|id| tokens.iter().find(|token| token.id == TokenId(id))) {
        return Ok(token.clone());
    }
    let mut named = tokens.iter().filter(|token| token.name == which);
    match (named.next(), named.next()) {
        (Some(token), None) => Ok(token.clone()),
        (None, _) => Err(RequestError::NotFound("token")),
        (Some(_), Some(_)) => {
            Err(RequestError::Conflict(format!("there are several tokens named {which}; use the number").into()))
        }
    }
}
