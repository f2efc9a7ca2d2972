//! Saved replies: prepared texts that users insert into a message by a shortcut.

use super::outbox::{MAX_TEXT_CHARS, check_text};
use super::{Error, RequestError};
use crate::domain::{BusinessId, SavedReply, Timestamp, clean_name, without_bidi_controls};
use crate::store::{ReadTx, WriteTx};

pub fn find(tx: &ReadTx<'_>, id: i64) -> Result<SavedReply, Error> {
    Ok(tx.saved_reply(id)?.ok_or(RequestError::NotFound("saved reply"))?)
}

pub fn create(tx: &WriteTx<'_>, shortcut: &str, text: &str, now: Timestamp) -> Result<i64, Error> {
    let shortcut = valid_shortcut(tx, shortcut, None)?;
    Ok(tx.insert_saved_reply(BusinessId::FIRST, &shortcut, valid_text(text)?, now)?)
}

/// `None` leaves a field unchanged.
pub fn change(
    tx: &WriteTx<'_>,
    id: i64,
    shortcut: Option<&str>,
    text: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let current = find(tx, id)?;
    let shortcut = valid_shortcut(tx, shortcut.unwrap_or(&current.shortcut), Some(id))?;
    let text = valid_text(text.unwrap_or(&current.text))?;
    if (shortcut.as_str(), text) == (current.shortcut.as_str(), current.text.as_str()) {
        return Ok(());
    }
    Ok(tx.update_saved_reply(id, &shortcut, text, now)?)
}

pub fn delete(tx: &WriteTx<'_>, id: i64) -> Result<(), Error> {
    Ok(tx.delete_saved_reply(id)?)
}

/// Returns the shortcut in its stored form, without the `/` before it.
fn valid_shortcut(tx: &ReadTx<'_>, shortcut: &str, id: Option<i64>) -> Result<String, Error> {
    let shortcut = without_bidi_controls(shortcut);
    let word = clean_name(shortcut.trim().trim_start_matches('/'), MAX_SHORTCUT_CHARS);
    let Some(shortcut) = word.filter(|word| !word.is_empty() && !word.contains(char::is_whitespace)) else {
        let message = format!("a shortcut is one word of at most {MAX_SHORTCUT_CHARS} characters");
        return Err(RequestError::field("shortcut", message).into());
    };
    if tx.is_shortcut_taken(BusinessId::FIRST, &shortcut, id)? {
        return Err(RequestError::Conflict("another saved reply has this shortcut".into()).into());
    }
    Ok(shortcut)
}

fn valid_text(text: &str) -> Result<&str, Error> {
    if check_text(text, false).is_err() {
        let message = format!("the text must have 1 to {MAX_TEXT_CHARS} characters and no control characters");
        return Err(RequestError::field("text", message).into());
    }
    Ok(text)
}

const MAX_SHORTCUT_CHARS: usize = 40;
