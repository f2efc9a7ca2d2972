//! The greeting that callers hear, as the owner has recorded it.

use super::{Error, RequestError};
use crate::domain::{ActorId, BusinessId, Timestamp, hex};
use crate::store::{NewGreeting, WriteTx};
use sha2::{Digest, Sha256};

/// The sound of a greeting.
#[derive(Clone, Debug)]
pub struct GreetingSound {
    /// The media type.
    pub mime: &'static str,
    /// The duration.
    pub duration_ms: i64,
    /// The file.
    pub content: Vec<u8>,
}

/// Stores a greeting and uses it. Returns its id. A sound that is stored already is not stored again.
pub fn set(
    tx: &WriteTx<'_>,
    actor: ActorId,
    sound: &GreetingSound,
    file_name: Option<&str>,
    now: Timestamp,
) -> Result<i64, Error> {
    let sha256 = hex(&Sha256::digest(&sound.content));
    let known = tx.greetings(BusinessId::FIRST)?.into_iter().find(|known| known.sha256 == sha256);
    let id = if let Some(known) = known {
        known.id
    } else {
        let new = NewGreeting {
            sha256: &sha256,
            mime: sound.mime,
            duration_ms: sound.duration_ms,
            file_name,
            author: &actor.to_string(),
            content: &sound.content,
        };
        tx.insert_greeting(BusinessId::FIRST, &new, now)?
    };
    tx.choose_greeting(BusinessId::FIRST, Some(id))?;
    tx.prune_greetings(BusinessId::FIRST, KEPT)?;
    Ok(id)
}

/// Uses a greeting that is stored already, or with none that of the package.
pub fn choose(tx: &WriteTx<'_>, id: Option<i64>) -> Result<(), Error> {
    let known = tx.greetings(BusinessId::FIRST)?;
    match id {
        Some(id) if !known.iter().any(|one| one.id == id) => Err(RequestError::NotFound("greeting").into()),
        None if !known.iter().any(|one| one.is_current) => Ok(()),
        id => Ok(tx.choose_greeting(BusinessId::FIRST, id)?),
    }
}

/// Greetings that are kept to go back to.
const KEPT: usize = 5;
