//! Holds messages after a restore. Messages that were queued in the restored database may have been sent after its
//! backup was made, so they are held until the owner decides.
//!
//! All rows up to a stored row id are held.

use crate::domain::{MessageId, MessageStatus, OutboxId, PeerAddress, StoredNotice, ThreadId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::params;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMessage {
    pub message_id: MessageId,
    pub thread_id: ThreadId,
    /// `None` if the contact has no address.
    pub recipient: Option<PeerAddress>,
    pub text: String,
    /// When the message was written.
    pub created_at: Timestamp,
}

impl ReadTx<'_> {
    /// Oldest first.
    pub fn held_outbox(&self) -> Result<Vec<HeldMessage>> {
        let mut query = self.conn.prepare_cached(
            "SELECT o.message_id, m.thread_id, o.recipient, m.content_text, o.created_at
             FROM outbox o JOIN messages m ON m.id = o.message_id
             WHERE o.state IN ('queued', 'sending', 'doubtful') AND o.id <= ?1 ORDER BY o.id",
        )?;
        let rows = query.query_map([self.held_to()?], |row| {
            Ok(HeldMessage {
                message_id: row.get(0)?,
                thread_id: row.get(1)?,
                recipient: PeerAddress::from_stored(&row.get::<_, String>(2)?),
                text: row.get(3)?,
                created_at: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn count_held_outbox(&self) -> Result<u64> {
        let mut query = self.conn.prepare_cached(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful') AND id <= ?1",
        )?;
        Ok(u64::try_from(query.query_row([self.held_to()?], |row| row.get::<_, i64>(0))?).unwrap_or(0))
    }

    /// All rows up to this row id are held; 0 if no row is held.
    pub(in crate::store) fn held_to(&self) -> Result<i64> {
        Ok(self.meta(HELD_TO)?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Holds all messages that are not sent yet, including those with an unknown outcome. Returns the number of held
    /// messages.
    pub fn hold_outbox(&self) -> Result<u64> {
        let sql = "SELECT coalesce(max(id), 0) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful')";
        let last: i64 = self.conn.query_row(sql, [], |row| row.get(0))?;
        self.set_meta(HELD_TO, &last.to_string())?;
        self.count_held_outbox()
    }

    /// If the newest held rows were deleted, for example with their contact, a new row can get the id of a held one.
    pub(super) fn exclude_from_held(&self, new: OutboxId) -> Result<()> {
        if new.0 <= self.held_to()? {
            self.set_meta(HELD_TO, &(new.0 - 1).to_string())?;
        }
        Ok(())
    }

    /// The messages are then sent as if they had just been written. Returns their number.
    pub fn release_held_outbox(&self, now: Timestamp) -> Result<u64> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET next_attempt_at = ?2, created_at = ?2, expires_at = NULL, updated_at = ?2
             WHERE state IN ('queued', 'sending', 'doubtful') AND id <= ?1",
        )?;
        let released = update.execute(params![self.held_to()?, now])?;
        self.set_meta(HELD_TO, "0")?;
        Ok(released as u64)
    }

    /// Each message is marked as failed with `error`. Returns the number of messages.
    pub fn discard_held_outbox(&self, error: (&str, &StoredNotice), now: Timestamp) -> Result<u64> {
        let held = self.held_outbox()?;
        for message in &held {
            self.set_message_status(message.message_id, MessageStatus::Failed, Some(error), now)?;
        }
        let mut update = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'failed', last_error = ?3, updated_at = ?2
             WHERE state IN ('queued', 'sending', 'doubtful') AND id <= ?1",
        )?;
        update.execute(params![self.held_to()?, now, error.0])?;
        self.set_meta(HELD_TO, "0")?;
        Ok(held.len() as u64)
    }
}

const HELD_TO: &str = "outbox_held_to";

#[cfg(test)]
mod tests {
    use crate::domain::{
        BusinessId, Direction, MediaKind, MessageId, MessageStatus, PeerAddress, Provider, ThreadType, Timestamp,
    };
    use crate::store::testing::{database, transact};
    use crate::store::{NewMessage, NewOutbox, Result, WriteTx};

    fn now() -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn queue(tx: &WriteTx<'_>, text: &str) -> Result<(MessageId, i64)> {
        let contact = tx.insert_contact(BusinessId::FIRST, "", now())?;
        let (thread, _) = tx.find_or_insert_thread(BusinessId::FIRST, ThreadType::WhatsApp, contact, None, now())?;
        let message = tx.insert_message(&NewMessage {
            thread,
            direction: Direction::Out,
            kind: MediaKind::Text,
            text,
            media_url: None,
            provider: Provider::Baileys,
            provider_msg_id: None,
            status: MessageStatus::Queued,
            author: Some("user:1"),
            quoted: None,
            extra: None,
            created_at: now(),
            provider_time: None,
        })?;
        let message = message.unwrap();
        let new = NewOutbox {
            message,
            contact,
            recipient: &PeerAddress::from_stored("+972501234567").unwrap(),
            send_key: text,
            named: None,
            provider: Provider::Baileys,
            template: false,
            confirms_opt_out: false,
        };
        Ok((message, tx.insert_outbox(&new, now())?.0))
    }

    #[test]
    fn a_message_that_gets_the_id_of_a_deleted_held_message_is_not_held() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            let ((first, _), (_, deleted)) = (queue(tx, "a")?, queue(tx, "b")?);
            assert_eq!(tx.hold_outbox()?, 2);
            tx.conn.execute("DELETE FROM outbox WHERE id = ?1", [deleted])?;
            let (new, id) = queue(tx, "c")?;
            assert_eq!(id, deleted, "SQLite has reused the id");
            let held: Vec<_> = tx.held_outbox()?.into_iter().map(|held| held.message_id).collect();
            let due: Vec<_> = tx.due_outbox(now(), 10)?.into_iter().map(|entry| entry.message).collect();
            assert_eq!((held, due), (vec![first], vec![new]));
            Ok(())
        });
    }
}
