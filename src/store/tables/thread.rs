//! Threads: the messages or the calls with one contact.

mod list;
mod row;
mod turn;

pub(in crate::store) use list::LISTED;
pub use list::ThreadFilter;
pub(in crate::store) use row::{last_call, last_message, select, thread};

use super::sql::new_id;
use crate::domain::{
    AddressKind, BusinessId, ContactChangeKind, ContactId, LastInbound, OutboundAuthor, PeerAddress, Provider, Thread,
    ThreadId, ThreadType, Timestamp, TurnEvent,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, params};

#[derive(Debug, PartialEq, Eq)]
pub struct FoundThread {
    pub id: ThreadId,
    pub contact: ContactId,
    /// The title of the thread in lists.
    pub title: String,
    /// The address that the thread shows.
    pub peer: Option<PeerAddress>,
    /// For an id: the phone number that was last seen with the id.
    pub number: Option<String>,
    /// The time of the thread's newest message or call; for a new thread, its creation time.
    pub newest: Option<Timestamp>,
}

impl ReadTx<'_> {
    /// The content of a merged thread is in the thread into which it was finally merged, so that one is returned.
    pub fn thread(&self, id: ThreadId) -> Result<Option<Thread>> {
        let mut query = self.conn.prepare_cached(&format!(
            "{} WHERE t.id = (
                 WITH RECURSIVE chain(id, merged_into) AS (
                     SELECT id, merged_into FROM threads WHERE id = ?1
                     UNION ALL SELECT next.id, next.merged_into FROM chain JOIN threads next ON next.id = chain.merged_into)
                 SELECT id FROM chain WHERE merged_into IS NULL)",
            select()
        ))?;
        Ok(query.query_row([id], thread).optional()?)
    }

    /// In any thread; `None` if no thread has any activity.
    pub fn newest_activity(&self) -> Result<Option<Timestamp>> {
        let mut query = self.conn.prepare_cached("SELECT max(last_message_at) FROM threads WHERE business_id = ?1")?;
        Ok(query.query_row([BusinessId::FIRST], |row| row.get(0))?)
    }

    /// A former address finds no thread.
    pub fn thread_by_address(
        &self,
        business: BusinessId,
        kind: ThreadType,
        address: AddressKind,
        value: &str,
    ) -> Result<Option<FoundThread>> {
        let mut query = self.conn.prepare_cached(
            "SELECT t.id, t.contact_id, t.title, t.peer_number, a.number, t.last_message_at FROM addresses a CROSS JOIN threads t
                 ON t.business_id = a.business_id AND t.type = ?2 AND t.contact_id = a.contact_id
             WHERE a.business_id = ?1 AND a.kind = ?3 AND a.value = ?4 AND a.former_at IS NULL",
        )?;
        let found = query.query_row(params![business, kind, address, value], |row| {
            Ok(FoundThread {
                id: row.get(0)?,
                contact: row.get(1)?,
                title: row.get(2)?,
                peer: PeerAddress::from_stored(&row.get::<_, String>(3)?),
                number: row.get(4)?,
                newest: row.get(5)?,
            })
        });
        Ok(found.optional()?)
    }

    pub fn thread_with(&self, business: BusinessId, kind: ThreadType, contact: ContactId) -> Result<Option<ThreadId>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT id FROM threads WHERE business_id = ?1 AND type = ?2 AND contact_id = ?3")?;
        Ok(query.query_row(params![business, kind, contact], |row| row.get(0)).optional()?)
    }

    /// When, and through which provider, the contact last wrote.
    pub fn last_in(&self, thread: ThreadId) -> Result<LastInbound> {
        let mut query = self
            .conn
            .prepare_cached("SELECT last_in_provider, last_in_at, last_in_twilio_at FROM threads WHERE id = ?1")?;
        let last = query.query_row([thread], |row| {
            Ok(LastInbound { provider: row.get(0)?, at: row.get(1)?, twilio_at: row.get(2)? })
        });
        Ok(last.optional()?.unwrap_or_default())
    }

    /// Newest activity first, without merged threads.
    pub fn threads_of(&self, contact: ContactId) -> Result<Vec<Thread>> {
        let mut query = self.conn.prepare_cached(&format!(
            "{} WHERE t.contact_id = ?1 AND t.merged_into IS NULL ORDER BY t.last_message_at DESC, t.id DESC",
            select()
        ))?;
        let rows = query.query_map([contact], thread)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Also returns the time of the thread's newest message or call; for a new thread, this is `now`. A new thread with
    /// a blocked contact is archived.
    pub fn find_or_insert_thread(
        &self,
        business: BusinessId,
        kind: ThreadType,
        contact: ContactId,
        peer: Option<&PeerAddress>,
        now: Timestamp,
    ) -> Result<(ThreadId, Option<Timestamp>)> {
        let mut insert = self.conn.prepare_cached(
            concat!("INSERT INTO threads(id, business_id, type, contact_id, peer_number, title, last_message_at, created_at, archived_at)
             SELECT ", new_id!("threads"), ", ?1, ?2, id, coalesce(?4, ''), coalesce(nullif(display_name, ''), ?4, ''), ?5, ?5, iif(blocked_at IS NULL, NULL, ?5)
             FROM contacts WHERE id = ?3
             ON CONFLICT (business_id, type, contact_id) DO UPDATE SET type = type RETURNING id, last_message_at"),
        )?;
        let found =
            insert.query_row(params![business, kind, contact, peer, now], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found)
    }

    /// Adds a thread without a message or call, which lists leave out; `None` if the contact has a thread of this kind.
    /// The thread is archived if the contact is blocked, or if the contact's other thread is archived.
    pub fn insert_empty_thread(
        &self,
        business: BusinessId,
        kind: ThreadType,
        contact: ContactId,
        peer: &PeerAddress,
        now: Timestamp,
    ) -> Result<Option<ThreadId>> {
        let mut insert = self.conn.prepare_cached(
            concat!("INSERT INTO threads(id, business_id, type, contact_id, peer_number, title, created_at, archived_at)
             SELECT ", new_id!("threads"), ", ?1, ?2, id, ?4, coalesce(nullif(display_name, ''), ?4), ?5, iif(blocked_at IS NOT NULL, ?5,
                 (SELECT archived_at FROM threads WHERE contact_id = ?3 AND merged_into IS NULL ORDER BY id DESC LIMIT 1))
             FROM contacts WHERE id = ?3
             ON CONFLICT (business_id, type, contact_id) DO NOTHING RETURNING id"),
        )?;
        let added = insert.query_row(params![business, kind, contact, peer, now], |row| row.get(0)).optional()?;
        added.map_or(Ok(()), |thread| self.record_thread(thread))?;
        Ok(added)
    }

    /// Gives an empty thread in which a draft or a scheduled message was stored its position in lists: that of the
    /// contact's other thread, because nothing has been sent yet, otherwise `now`.
    pub(in crate::store) fn list_empty_thread(&self, thread: ThreadId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE threads SET last_message_at = coalesce((
                       SELECT max(o.last_message_at) FROM threads o
                       WHERE o.contact_id = threads.contact_id AND o.merged_into IS NULL), ?2)
                   WHERE id = ?1 AND last_message_at IS NULL";
        self.conn.prepare_cached(sql)?.execute(params![thread, now])?;
        Ok(())
    }

    /// The thread moves up in the list, its unread count is incremented, the contact waits for an answer, and the
    /// contact's threads are unarchived. An opt-out from before the message is cleared. `at` is the message's time in
    /// the thread. `written_at` is the start of the 24-hour window. `opens_twilio` is true if the message was written
    /// to the Twilio sender. Stored times after `latest` were written while the clock was ahead, and are replaced.
    pub fn record_inbound(
        &self,
        thread: ThreadId,
        provider: Provider,
        at: Timestamp,
        written_at: Timestamp,
        opens_twilio: bool,
        latest: Timestamp,
    ) -> Result<()> {
        let mut update = self.conn.prepare_cached(include_str!("thread/record_inbound.sql"))?;
        update.execute(params![thread, provider, written_at, opens_twilio, at, latest])?;
        self.apply_turn(thread, TurnEvent::ContactWaits(at))
    }

    /// A message of a user or the agent answers the contact, a message of the daemon does not. If a user answers from the phone, the thread counts as read. A message from the phone that
    /// was written before the contact's last message, but arrives after it, answers nothing.
    pub fn record_outbound(
        &self,
        thread: ThreadId,
        provider: Provider,
        at: Timestamp,
        by: OutboundAuthor,
    ) -> Result<()> {
        let is_late = by == OutboundAuthor::Phone && self.last_in(thread)?.at.is_some_and(|last| at < last);
        let mut update = self.conn.prepare_cached(
            "UPDATE threads SET provider = ?2, last_message_at = max(coalesce(last_message_at, ''), ?3),
                 unread_count = iif(?4, 0, unread_count), archived_at = NULL
             WHERE id = ?1",
        )?;
        update.execute(params![thread, provider, at, by == OutboundAuthor::Phone && !is_late])?;
        match by {
            OutboundAuthor::Phone if is_late => Ok(()),
            OutboundAuthor::User | OutboundAuthor::Phone => self.apply_turn(thread, TurnEvent::UserAnswered),
            OutboundAuthor::Agent => self.apply_turn(thread, TurnEvent::AgentAnswered(at)),
            OutboundAuthor::Daemon => Ok(()),
        }
    }

    /// For a message from before the account was linked, or from a blocked contact. It can be the thread's newest
    /// message, but it does not increment the unread count, unarchive the thread or open a 24-hour window.
    pub fn record_history(&self, thread: ThreadId, provider: Provider, written_at: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE threads SET provider = coalesce(provider, ?2),
                 last_message_at = max(coalesce(last_message_at, ''), ?3)
             WHERE id = ?1",
        )?;
        update.execute(params![thread, provider, written_at])?;
        Ok(())
    }

    /// For a contact who has blocked the business or opted out. A later message from the contact clears the record.
    pub fn set_opted_out(&self, thread: ThreadId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE threads SET opted_out_at = ?2 WHERE id = ?1 AND opted_out_at IS NULL";
        if self.conn.prepare_cached(sql)?.execute(params![thread, now])? == 0 {
            return Ok(());
        }
        let contact = self.contact_of_thread(thread)?;
        self.insert_contact_change(contact, ContactChangeKind::OptedOut, ("provider", None), now)?;
        self.record_thread(thread)
    }

    /// The provider that the thread shows, after this provider has carried a message of the thread.
    pub fn set_thread_provider(&self, thread: ThreadId, provider: Provider) -> Result<()> {
        let sql = "UPDATE threads SET provider = ?2 WHERE id = ?1 AND provider IS NOT ?2";
        let is_new = self.conn.prepare_cached(sql)?.execute(params![thread, provider])? > 0;
        if is_new { self.record_thread(thread) } else { Ok(()) }
    }

    pub fn mark_thread_read(&self, thread: ThreadId) -> Result<()> {
        let sql = "UPDATE threads SET unread_count = 0 WHERE id = ?1 AND unread_count <> 0";
        if self.conn.prepare_cached(sql)?.execute([thread])? > 0 {
            self.record_thread(thread)?;
        }
        self.apply_turn(thread, TurnEvent::UserLooked)
    }

    /// Sets the address that a thread shows and to which answers are sent. An id does not replace a phone number.
    pub fn set_thread_peer(&self, thread: ThreadId, contact: ContactId, peer: &PeerAddress) -> Result<()> {
        let sql = "UPDATE threads SET peer_number = ?2
                   WHERE id = ?1 AND peer_number <> ?2 AND (?2 LIKE '+%' OR peer_number NOT LIKE '+%')";
        let is_new = self.conn.prepare_cached(sql)?.execute(params![thread, peer])? > 0;
        if is_new { self.retitle_threads(contact) } else { Ok(()) }
    }
}
