//! The greeting that callers hear, as the owner recorded or uploaded it.

use super::{Error, RequestError};
use crate::domain::{ActorId, BusinessId, Timestamp, hex};
use crate::store::{NewGreeting, WriteTx};
use sha2::{Digest, Sha256};

#[derive(Clone, Debug)]
pub struct GreetingSound {
    pub mime: &'static str,
    pub duration_ms: i64,
    pub content: Vec<u8>,
}

/// Makes the greeting the current one. A file with the same content is stored only once.
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

/// Makes a stored greeting the current one. `None` selects the greeting of the package. A file that the settings name
/// takes precedence over both.
pub fn choose(tx: &WriteTx<'_>, id: Option<i64>) -> Result<(), Error> {
    let known = tx.greetings(BusinessId::FIRST)?;
    match id {
        Some(id) if !known.iter().any(|one| one.id == id) => Err(RequestError::NotFound("greeting").into()),
        None if !known.iter().any(|one| one.is_current) => Ok(()),
        id => Ok(tx.choose_greeting(BusinessId::FIRST, id)?),
    }
}

/// How many of the newest greetings are kept, in addition to the current one, so that the owner can select them again.
const KEPT: usize = 5;
