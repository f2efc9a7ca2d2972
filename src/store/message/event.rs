//! Events of a message after it was written.

use super::super::{Result, WriteTx};
use crate::domain::{ChangeKind, MessageEventKind, MessageId, Provider, Timestamp};
use rusqlite::named_params;

/// An event of a message.
#[derive(Clone, Copy, Debug)]
pub struct NewMessageEvent<'a> {
    /// The message.
    pub message: MessageId,
    /// The kind of event.
    pub kind: MessageEventKind,
    /// The status, the new text, or the emoji.
    pub value: &'a str,
    /// The actor: `contact`, `phone`, or empty for the provider.
    pub actor: &'a str,
    /// The provider that reported it.
    pub provider: Provider,
    /// The provider's id of the event, if it has one.
    pub provider_event_id: Option<&'a str>,
    /// The time of the event.
    pub at: Timestamp,
    /// Whether the provider stated the time.
    pub is_timed: bool,
    /// Further fields, as JSON.
    pub detail: Option<&'a str>,
}

impl WriteTx<'_> {
    /// Stores an event of a message; returns whether it is new. A status is stored once, in whatever order it arrives.
    /// An event with an id is identified by it. A reaction without an id may return to an earlier value, but an
    /// immediate repetition is ignored; an edit without an id is identified by its text and time.
    pub fn insert_message_event(&self, new: &NewMessageEvent<'_>) -> Result<bool> {
        let mut insert = self.conn.prepare_cached(include_str!("insert_event.sql"))?;
        let inserted = insert.execute(named_params! {
            ":message": new.message,
            ":kind": new.kind,
            ":value": new.value,
            ":actor": new.actor,
            ":provider": new.provider,
            ":event_id": new.provider_event_id,
            ":at": new.at,
            ":is_timed": new.is_timed,
            ":detail": new.detail,
        })?;
        // A status event alone is no visible change: setting the message's status records the change.
        if inserted > 0 && new.kind != MessageEventKind::Status {
            self.record_message(ChangeKind::MessageUpdated, new.message)?;
        }
        Ok(inserted > 0)
    }
}
