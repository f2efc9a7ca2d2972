//! Messages in the timeline.

use super::super::json::json_list;
use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};

pub(super) const SOURCE: Source = Source {
    kind: TimelineKind::Message,
    sql: "SELECT created_at, id FROM messages
          WHERE thread_id = (SELECT id FROM threads WHERE contact_id = :contact AND type = 'whatsapp' AND merged_into IS NULL)
            AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load,
};

fn load(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let messages = tx.messages_by_ids(&json_list(ids))?;
    let content =
        |message: crate::domain::MessageDetail| (message.message.id.0, TimelineContent::Message(Box::new(message)));
    Ok(messages.into_iter().map(content).collect())
}
