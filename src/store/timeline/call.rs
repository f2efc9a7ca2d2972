//! Calls in the timeline.

use super::super::json::json_list;
use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};

pub(super) const SOURCE: Source = Source {
    kind: TimelineKind::Call,
    sql: "SELECT started_at, id FROM calls
          WHERE contact_id = :contact AND (:at IS NULL OR (started_at, id) < (:at, :id))
          ORDER BY started_at DESC, id DESC LIMIT :limit",
    load,
};

fn load(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let calls = tx.call_items(&json_list(ids))?;
    Ok(calls.into_iter().map(|item| (item.call.id.0, TimelineContent::Call(Box::new(item)))).collect())
}
