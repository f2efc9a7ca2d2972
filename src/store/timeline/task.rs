//! Tasks in the timeline: one entry for the creation, and another one for the completion.

use super::super::json::json_list;
use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};
use crate::domain::Task;

pub(super) const CREATED: Source = Source {
    kind: TimelineKind::Task,
    sql: "SELECT created_at, id FROM tasks
          WHERE contact_id = :contact AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load: |tx, ids| load(tx, ids, TimelineContent::Task),
};

pub(super) const DONE: Source = Source {
    kind: TimelineKind::TaskDone,
    sql: "SELECT done_at, id FROM tasks
          WHERE contact_id = :contact AND done_at IS NOT NULL AND (:at IS NULL OR (done_at, id) < (:at, :id))
          ORDER BY done_at DESC, id DESC LIMIT :limit",
    load: |tx, ids| load(tx, ids, TimelineContent::TaskDone),
};

fn load(
    tx: &ReadTx<'_>,
    ids: &[i64],
    content: fn(Box<Task>) -> TimelineContent,
) -> Result<Vec<(i64, TimelineContent)>> {
    let tasks = tx.tasks_by_ids(&json_list(ids))?;
    Ok(tasks.into_iter().map(|task| (task.id.0, content(Box::new(task)))).collect())
}
