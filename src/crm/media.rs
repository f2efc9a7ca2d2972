//! Files of messages, fetched from a provider or uploaded by users.

use super::Error;
use crate::domain::{MessageId, Timestamp, contact_card_text, sniff_mime};
use crate::store::{self, MediaDetails, Result, StoredMedia, UploadedMedia, WriteTx};

/// A file of a message: the message, and the file's position in it.
pub type MediaPlace = (MessageId, u32);

pub fn store_fetched(
    tx: &WriteTx<'_>,
    (message, position): MediaPlace,
    sha256: &str,
    (file, url): (&StoredMedia, &str),
    details: &MediaDetails,
    now: Timestamp,
) -> Result<()> {
    tx.store_media(message, position, sha256, file, url, now)?;
    // The bridge sends contact cards as texts, Twilio sends them as files.
    if sniff_mime(&file.content) == Some("text/vcard")
        && let Some(text) = contact_card_text(&file.content)
    {
        tx.add_contact_card_text(message, &text)?;
    }
    tx.put_media_details(sha256, details)
}

/// Records why a file is not fetched yet.
pub fn defer(tx: &WriteTx<'_>, (message, position): MediaPlace, why: &str) -> Result<()> {
    tx.set_media_wait_reason(message, position, why)
}

pub fn fail(tx: &WriteTx<'_>, (message, position): MediaPlace, why: &str) -> Result<()> {
    tx.fail_media(message, position, why)
}

/// Idempotent: a file is identified by its content.
pub fn upload(
    tx: &WriteTx<'_>,
    sha256: &str,
    (mime, name): (&str, Option<&str>),
    content: &[u8],
    details: &MediaDetails,
    now: Timestamp,
) -> Result<UploadedMedia, Error> {
    tx.insert_upload(sha256, (mime, name), content, details, now)?;
    tx.uploaded_media(sha256)?.ok_or(Error::Store(store::Error::NotFound("uploaded file")))
}
