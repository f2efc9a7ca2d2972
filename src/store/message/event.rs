//! What happened to a message after it was written.

use super::super::{Result, WriteTx};
use crate::domain::{ChangeKind, MessageEventKind, MessageId, Provider, Timestamp};
use rusqlite::named_params;

/// Something that happened to a message.
#[derive(Clone, Copy, Debug)]
pub struct NewMessageEvent<'a> {
    /// To which.
    pub message: MessageId,
    /// What.
    pub kind: MessageEventKind,
    /// The status, the new words, the emoji.
    pub value: &'a str,
    /// Who did it: `contact`, `phone`, or empty for the provider.
    pub actor: &'a str,
    /// Who told of it.
    pub provider: Provider,
    /// What the provider calls it, if it does.
    pub provider_event_id: Option<&'a str>,
    /// When.
    pub at: Timestamp,
    /// Whether the provider said when.
    pub is_timed: bool,
    /// More, as JSON.
    pub detail: Option<&'a str>,
}

impl WriteTx<'_> {
    /// Keeps what happened to a message; returns whether it is news. A status is told once, in whatever order. What has an id is
    /// known by it. A reaction without one may come back to what it was, but is not repeated; an edit without one is known by
    /// its words and its time.
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
        // A status is not shown by itself: it counts where it sets the message's own.
        if inserted > 0 && new.kind != MessageEventKind::Status {
            self.record_message(ChangeKind::MessageUpdated, new.message)?;
        }
        Ok(inserted > 0)
    }
}
