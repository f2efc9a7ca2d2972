//! Messages and their later events, such as delivery and edits.

mod detail;
mod early;
mod event;
mod extra;
mod list;
mod order;

pub use early::EarlyUpdate;
pub use event::NewMessageEvent;

use super::columns::Columns;
use crate::domain::{
    ChangeKind, Direction, MediaKind, Message, MessageId, MessageStatus, MessageType, Provider, StoredNotice, ThreadId,
    Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    pub thread: ThreadId,
    pub direction: Direction,
    /// The exact media kind.
    pub kind: MediaKind,
    pub text: &'a str,
    pub media_url: Option<&'a str>,
    /// The provider that carried the message or is planned to carry it.
    pub provider: Provider,
    /// `None` for a message that is still to be sent.
    pub provider_msg_id: Option<&'a str>,
    pub status: MessageStatus,
    /// The author of an outbound message, such as `user:3`, `token:2`, `agent`, `phone` or `daemon`.
    pub author: Option<&'a str>,
    /// The provider's id of the quoted message.
    pub quoted: Option<&'a str>,
    /// Further provider fields, as JSON.
    pub extra: Option<&'a str>,
    /// The message's time in the thread.
    pub created_at: Timestamp,
    /// When the message was written, according to the provider's clock.
    pub provider_time: Option<Timestamp>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct KnownMessage {
    pub id: MessageId,
    pub direction: Direction,
    pub status: MessageStatus,
    pub thread: ThreadId,
}

impl ReadTx<'_> {
    pub fn message(&self, id: MessageId) -> Result<Option<Message>> {
        let mut query = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"))?;
        Ok(query.query_row([id], message).optional()?)
    }

    /// Returns up to eight messages, in one thread or in all. More than one can match, because WhatsApp's ids are
    /// unique only within a chat.
    pub fn messages_by_provider_id(
        &self,
        provider: Provider,
        id: &str,
        thread: Option<ThreadId>,
    ) -> Result<Vec<KnownMessage>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, direction, status, thread_id FROM messages
             WHERE provider = ?1 AND provider_msg_id = ?2 AND (?3 IS NULL OR thread_id = ?3) LIMIT 8",
        )?;
        let rows = query.query_map(params![provider, id, thread], |row| {
            Ok(KnownMessage { id: row.get(0)?, direction: row.get(1)?, status: row.get(2)?, thread: row.get(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl ReadTx<'_> {
    /// Those of `ids` that belong to no stored message and no refused attempt, in the same order.
    pub fn unknown_provider_ids(&self, provider: Provider, ids: Vec<String>) -> Result<Vec<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM messages WHERE provider = ?1 AND provider_msg_id = ?2
             UNION ALL SELECT 1 FROM refused_attempts WHERE provider = ?1 AND provider_msg_id = ?2",
        )?;
        let mut unknown = Vec::new();
        for id in ids {
            if !query.exists(params![provider, id])? {
                unknown.push(id);
            }
        }
        Ok(unknown)
    }
}

impl WriteTx<'_> {
    /// Returns `None` if a message with the same provider id is already stored in the thread.
    pub fn insert_message(&self, new: &NewMessage<'_>) -> Result<Option<MessageId>> {
        let mut insert = self.conn.prepare_cached(include_str!("message/insert.sql"))?;
        let kind = if matches!(new.kind, MediaKind::Text | MediaKind::Template) && new.media_url.is_none() {
            MessageType::Text
        } else {
            MessageType::Media
        };
        let inserted = insert.execute(params![
            new.thread,
            new.direction,
            kind,
            new.kind,
            new.text,
            new.media_url,
            new.provider,
            new.provider_msg_id,
            new.status,
            new.author,
            new.quoted,
            new.extra,
            new.created_at,
            new.provider_time,
        ])?;
        if inserted == 0 {
            return Ok(None);
        }
        let id = MessageId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::MessageCreated, Some(new.thread), Some(id.0))?;
        Ok(Some(id))
    }

    /// `error` is a code and a notice; `None` clears the stored error. `at` is the time of the change.
    pub fn set_message_status(
        &self,
        id: MessageId,
        status: MessageStatus,
        error: Option<(&str, &StoredNotice)>,
        at: Timestamp,
    ) -> Result<()> {
        let (code, notice) = error.unzip();
        let mut update = self.conn.prepare_cached(include_str!("message/set_status.sql"))?;
        update.execute(named_params! {
            ":id": id,
            ":status": status,
            ":code": code,
            ":error": notice,
            ":at": at,
        })?;
        self.record_message(ChangeKind::MessageUpdated, id)
    }

    /// `None` keeps the stored id. If the provider reported the message to the daemon before its response arrived, this
    /// report (an echo) was stored as a message of its own, which is now merged into the message. An id that an inbound
    /// message of the thread already has is not recorded: contacts choose the ids of the messages that they send, and
    /// must not be able to block outbound messages.
    pub fn set_provider_id(&self, id: MessageId, provider: Provider, provider_msg_id: Option<&str>) -> Result<()> {
        if let Some(provider_msg_id) = provider_msg_id {
            self.merge_echo(id, provider, provider_msg_id)?;
        }
        self.conn.prepare_cached("UPDATE messages SET provider = ?2 WHERE id = ?1")?.execute(params![id, provider])?;
        self.conn
            .prepare_cached(
                "UPDATE OR IGNORE messages SET provider_msg_id = coalesce(?2, provider_msg_id) WHERE id = ?1",
            )?
            .execute(params![id, provider_msg_id])?;
        self.record_message(ChangeKind::MessageUpdated, id)
    }

    /// Removes the provider's id of an earlier attempt. Records whether this attempt sends the template.
    pub fn begin_message_attempt(&self, id: MessageId, provider: Provider, template: bool) -> Result<()> {
        let sql = "UPDATE messages SET provider = ?2, provider_msg_id = NULL,
                       extra = nullif(iif(?3, json_set(ifnull(extra, '{}'), '$.template', json('true')),
                                          json_remove(extra, '$.template')), '{}')
                   WHERE id = ?1 AND (provider IS NOT ?2 OR provider_msg_id IS NOT NULL
                                      OR ifnull(extra ->> 'template', 0) <> ?3)";
        let is_new = self.conn.prepare_cached(sql)?.execute(params![id, provider, template])? > 0;
        if is_new { self.record_message(ChangeKind::MessageUpdated, id) } else { Ok(()) }
    }

    /// Earlier texts remain in the events of the message. An edit that is later than the deletion of the message does not
    /// count.
    pub fn set_text_of_latest_edit(&self, id: MessageId) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE messages SET content_text = ifnull((
                 SELECT value FROM message_events e WHERE message_id = ?1 AND kind = 'edit'
                     AND NOT EXISTS (SELECT 1 FROM message_events d
                                     WHERE d.message_id = ?1 AND d.kind = 'deletion' AND d.at < e.at)
                 ORDER BY at DESC, id DESC LIMIT 1), content_text)
             WHERE id = ?1",
        )?;
        update.execute([id])?;
        self.record_message(ChangeKind::MessageUpdated, id)
    }

    /// Adds what a contact card says to the text of a message of contact cards.
    pub fn add_contact_card_text(&self, id: MessageId, text: &str) -> Result<()> {
        let sql =
            "UPDATE messages SET content_text = iif(content_text = '', ?2, content_text || char(10) || char(10) || ?2)
                   WHERE id = ?1 AND media_kind = 'contact'";
        self.conn.prepare_cached(sql)?.execute(params![id, text])?;
        self.record_message(ChangeKind::MessageUpdated, id)
    }

    fn merge_echo(&self, id: MessageId, provider: Provider, provider_msg_id: &str) -> Result<()> {
        let mut find = self.conn.prepare_cached(
            "SELECT echo.id FROM messages own JOIN messages echo
                 ON echo.provider = ?2 AND echo.provider_msg_id = ?3 AND echo.thread_id = own.thread_id
             WHERE own.id = ?1 AND echo.id <> ?1 AND echo.direction = 'out'",
        )?;
        let echo =
            find.query_row(params![id, provider, provider_msg_id], |row| row.get::<_, MessageId>(0)).optional()?;
        if let Some(echo) = echo {
            self.record_message(ChangeKind::MessageDeleted, echo)?;
            for sql in [
                include_str!("message/take_status.sql"),
                "UPDATE webhook_journal SET message_id = ?1 WHERE message_id = ?2",
                "UPDATE message_events SET message_id = ?1 WHERE message_id = ?2",
                "DELETE FROM message_media WHERE message_id = ?2 AND ?1 <> ?2",
                "DELETE FROM messages WHERE id = ?2 AND ?1 <> ?2",
            ] {
                self.conn.prepare_cached(sql)?.execute(params![id, echo])?;
            }
        }
        Ok(())
    }
}

const COLUMNS: &str = "id, thread_id, direction, message_type, media_kind, content_text, media_url, provider, \
                       provider_msg_id, status, error_code, error, author, quoted_msg_id, sent_at, delivered_at, \
                       read_at, created_at, \
                       (SELECT state FROM message_media WHERE message_id = messages.id AND position = 0) AS media_state";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let row = Columns::of(row);
    Ok(Message {
        id: row.get("id")?,
        thread_id: row.get("thread_id")?,
        direction: row.get("direction")?,
        message_type: row.get("message_type")?,
        media_kind: row.get("media_kind")?,
        content_text: row.get("content_text")?,
        media_url: row.get("media_url")?,
        media_state: row.get("media_state")?,
        provider: row.get("provider")?,
        provider_msg_id: row.get("provider_msg_id")?,
        status: row.get("status")?,
        error_code: row.get("error_code")?,
        error: row.get("error")?,
        author: row.get("author")?,
        quoted_msg_id: row.get("quoted_msg_id")?,
        sent_at: row.get("sent_at")?,
        delivered_at: row.get("delivered_at")?,
        read_at: row.get("read_at")?,
        created_at: row.get("created_at")?,
    })
}
