//! Messages with their events, files and quotes.

use super::super::sql::json_list;
use crate::domain::{
    Edit, MEDIA_PATH, Message, MessageDetail, MessageEventKind, MessageFile, MessageId, Provider, Quote, Reaction,
    ThreadId, Timestamp, WaitsFor,
};
use crate::store::{ReadTx, Result};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// The messages that these messages quote. `CROSS` fixes the join order: otherwise SQLite would start with all messages
/// that have a provider's id.
const QUOTES: &str = "SELECT m.id, q.id, q.direction, q.content_text,
         EXISTS (SELECT 1 FROM message_events d WHERE d.message_id = q.id AND d.kind = 'deletion')
     FROM messages m CROSS JOIN messages q
         ON q.provider IN (SELECT value FROM json_each(?2)) AND q.provider_msg_id = m.quoted_msg_id AND q.thread_id = m.thread_id
     WHERE m.id IN (SELECT value FROM json_each(?1)) AND m.quoted_msg_id IS NOT NULL";

struct Event {
    id: i64,
    kind: MessageEventKind,
    value: String,
    actor: String,
    at: Timestamp,
    /// For an edit, the text before the edit arrived.
    before: Option<String>,
}

impl ReadTx<'_> {
    pub(super) fn with_details(&self, messages: Vec<Message>) -> Result<Vec<MessageDetail>> {
        let ids: Vec<i64> = messages.iter().map(|message| message.id.0).collect();
        let ids = serde_json::Value::from(ids).to_string();
        let (mut events, mut files, mut quotes) = (self.events(&ids)?, self.files(&ids)?, self.quotes(&ids)?);
        let (mut extras, mut queued) = (self.message_extras(&ids)?, self.queued(&ids)?);
        let detail = |message: Message| {
            let happened = events.remove(&message.id).unwrap_or_default();
            let Queued { next_attempt_at, waits_for } = queued.remove(&message.id).unwrap_or_default();
            let deletion = happened.iter().find(|event| event.kind == MessageEventKind::Deletion);
            MessageDetail {
                reactions: reactions(&happened),
                edits: edits(&happened),
                deleted_at: deletion.map(|event| event.at),
                deleted_by: deletion.map(|event| event.actor.clone()),
                files: files.remove(&message.id).unwrap_or_default(),
                quote: quotes.remove(&message.id),
                extra: extras.remove(&message.id).unwrap_or_default(),
                next_attempt_at,
                waits_for,
                message,
            }
        };
        Ok(messages.into_iter().map(detail).collect())
    }

    /// Without changes of the delivery status; oldest first.
    fn events(&self, ids: &str) -> Result<HashMap<MessageId, Vec<Event>>> {
        let mut query = self.conn.prepare_cached(
            "SELECT message_id, id, kind, value, actor, at, detail ->> 'before' FROM message_events
             WHERE message_id IN (SELECT value FROM json_each(?1)) AND kind <> 'status' ORDER BY at, id",
        )?;
        let rows = query.query_map([ids], |row| {
            let event = Event {
                id: row.get(1)?,
                kind: row.get(2)?,
                value: row.get(3)?,
                actor: row.get(4)?,
                at: row.get(5)?,
                before: row.get(6)?,
            };
            Ok((row.get(0)?, event))
        })?;
        let mut events: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let (message, event) = row?;
            events.entry(message).or_default().push(event);
        }
        Ok(events)
    }

    fn files(&self, ids: &str) -> Result<HashMap<MessageId, Vec<MessageFile>>> {
        let mut query = self.conn.prepare_cached(
            "SELECT f.message_id, f.position, f.file_name, f.mime, m.bytes, f.state, f.error, iif(f.state = 'stored', f.sha256, NULL),
                 d.width, d.height, d.duration_ms, d.thumbhash, d.thumbnail IS NOT NULL
             FROM message_media f LEFT JOIN media m ON m.sha256 = f.sha256 LEFT JOIN media_details d ON d.sha256 = f.sha256
             WHERE f.message_id IN (SELECT value FROM json_each(?1)) ORDER BY f.position",
        )?;
        let rows = query.query_map([ids], |row| {
            let sha256: Option<String> = row.get(7)?;
            let file = MessageFile {
                position: row.get(1)?,
                file_name: row.get(2)?,
                mime: row.get(3)?,
                bytes: row.get(4)?,
                state: row.get(5)?,
                error: row.get(6)?,
                width: row.get(8)?,
                height: row.get(9)?,
                duration_ms: row.get(10)?,
                thumbhash: row.get(11)?,
                thumbnail_url: thumbnail_url(sha256.as_deref(), row.get(12)?),
                url: sha256.map(|sha256| format!("{MEDIA_PATH}{sha256}")),
            };
            Ok((row.get(0)?, file))
        })?;
        let mut files: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let (message, file) = row?;
            files.entry(message).or_default().push(file);
        }
        Ok(files)
    }

    fn queued(&self, ids: &str) -> Result<HashMap<MessageId, Queued>> {
        let mut query = self.conn.prepare_cached(
            "SELECT message_id, iif(state = 'queued', next_attempt_at, NULL),
                 CASE WHEN id <= ?2 THEN 'owner' WHEN state = 'doubtful' THEN 'confirmation'
                     WHEN EXISTS (SELECT 1 FROM outbox e WHERE e.contact_id = outbox.contact_id AND e.id < outbox.id AND e.id > ?2
                         AND e.state IN ('queued', 'sending', 'doubtful')) THEN 'earlier_message' END
             FROM outbox WHERE message_id IN (SELECT value FROM json_each(?1)) AND state IN ('queued', 'doubtful')",
        )?;
        let rows = query.query_map(params![ids, self.held_to()?], |row| {
            Ok((row.get(0)?, Queued { next_attempt_at: row.get(1)?, waits_for: row.get(2)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The provider's id of a message that can be quoted; `None` if the message is not of this thread, has no such id, or
    /// was deleted by its author.
    pub fn quotable(&self, id: MessageId, thread: Option<ThreadId>) -> Result<Option<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT provider_msg_id FROM messages WHERE id = ?1 AND thread_id = ?2 AND provider_msg_id <> ''
                 AND NOT EXISTS (SELECT 1 FROM message_events WHERE message_id = ?1 AND kind = 'deletion')",
        )?;
        Ok(query.query_row(params![id, thread], |row| row.get(0)).optional()?.flatten())
    }

    fn quotes(&self, ids: &str) -> Result<HashMap<MessageId, Quote>> {
        let mut query = self.conn.prepare_cached(QUOTES)?;
        let providers = json_list(&Provider::ALL.iter().map(|provider| provider.as_str()).collect::<Vec<_>>());
        let rows = query.query_map([ids, &providers], |row| {
            let deleted = row.get(4)?;
            let content_text = if deleted { String::new() } else { row.get(3)? };
            Ok((row.get(0)?, Quote { message_id: row.get(1)?, direction: row.get(2)?, content_text, deleted }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[derive(Default)]
struct Queued {
    /// When the next attempt to send the message is due.
    next_attempt_at: Option<Timestamp>,
    waits_for: Option<WaitsFor>,
}

fn thumbnail_url(sha256: Option<&str>, is_there: bool) -> Option<String> {
    sha256.filter(|_| is_there).map(|sha256| format!("{MEDIA_PATH}{sha256}/thumbnail"))
}

/// The latest reaction of each actor. Removed reactions are left out.
fn reactions(events: &[Event]) -> Vec<Reaction> {
    let mut latest: Vec<&Event> = Vec::new();
    for event in events.iter().filter(|event| event.kind == MessageEventKind::Reaction) {
        latest.retain(|earlier| earlier.actor != event.actor);
        latest.push(event);
    }
    let shown = latest.into_iter().filter(|event| !event.value.is_empty());
    shown.map(|event| Reaction { emoji: event.value.clone(), actor: event.actor.clone(), at: event.at }).collect()
}

/// Each edit with the text before it. The original text is stored with the edit that arrived first, which need not be
/// the edit that was made first.
fn edits(events: &[Event]) -> Vec<Edit> {
    let edits: Vec<_> = events.iter().filter(|event| event.kind == MessageEventKind::Edit).collect();
    let first_come = edits.iter().min_by_key(|event| event.id);
    let mut before = first_come.and_then(|event| event.before.clone()).unwrap_or_default();
    let edit = |event: &Event| {
        let previous_text = std::mem::replace(&mut before, event.value.clone());
        Edit { previous_text, actor: event.actor.clone(), at: event.at }
    };
    edits.into_iter().map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::QUOTES;
    use crate::store::testing::database;

    #[test]
    fn quotes_are_found_by_the_messages_that_quote() {
        let (_folder, conn) = database();
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {QUOTES}")).unwrap();
        let steps =
            plan.query_map(["[]", "[]"], |row| row.get(3)).unwrap().collect::<Result<Vec<String>, _>>().unwrap();
        let by_id = steps.iter().position(|step| step.starts_with("SEARCH m USING INTEGER PRIMARY KEY"));
        let quoted = steps
            .iter()
            .position(|step| step.starts_with("SEARCH q USING INDEX") && step.contains("provider_msg_id=?"));
        assert!(by_id.is_some() && by_id < quoted, "{steps:#?}");
    }
}
