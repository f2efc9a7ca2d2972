//! Events of a message after it was written: delivery statuses, edits, reactions and deletions.

use crate::domain::{ChangeKind, MessageEventKind, MessageId, Provider, Timestamp};
use crate::store::{Result, WriteTx};
use rusqlite::named_params;

#[derive(Clone, Copy, Debug)]
pub struct NewMessageEvent<'a> {
    pub message: MessageId,
    pub kind: MessageEventKind,
    /// The status, the new text or the emoji, depending on the kind; empty for a removed reaction and for a deletion.
    pub value: &'a str,
    /// `contact`, `phone`, or empty for the provider.
    pub actor: &'a str,
    pub provider: Provider,
    pub provider_event_id: Option<&'a str>,
    pub at: Timestamp,
    /// True if the provider stated the time of the event.
    pub is_timed: bool,
    /// Further fields, as JSON.
    pub detail: Option<&'a str>,
}

impl WriteTx<'_> {
    /// Returns true if the event is new. An event with a provider's id is identified by that id. Each status is stored
    /// once per provider, in any order of arrival. A reaction without an id is ignored if it repeats the actor's
    /// previous reaction. An edit without an id is identified by its actor, its text, and its time if the provider
    /// stated it. Of an actor's deletions without an id, only the first one is stored.
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
        // A status event alone is not a visible change: setting the message's status records that change.
        if inserted > 0 && new.kind != MessageEventKind::Status {
            self.record_message(ChangeKind::MessageUpdated, new.message)?;
        }
        Ok(inserted > 0)
    }
}
