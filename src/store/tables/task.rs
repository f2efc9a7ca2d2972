//! The tasks of users.

use super::contact::name_or_number;
use super::page::{page, rows_for};
use super::sql::user_name;
use crate::domain::{
    ActorId, BusinessId, CallId, ChangeKind, ContactId, Task, TaskContent, TaskId, TaskSource, TaskState, TextCursor,
    Timestamp, UserId,
};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Debug)]
pub struct TaskFilter {
    pub business: BusinessId,
    pub state: TaskState,
    pub contact: Option<ContactId>,
    pub call: Option<CallId>,
    pub assignee: Option<UserId>,
    /// Only tasks that are due before these limits; `None` also for tasks without a due day or time.
    pub due_before: Option<DueLimits>,
}

/// A task has a due time or a due day.
#[derive(Clone, Debug)]
pub struct DueLimits {
    /// For tasks with a due time.
    pub at: Timestamp,
    /// For tasks with a due day, such as `2026-11-22`.
    pub day: String,
}

impl ReadTx<'_> {
    pub fn task(&self, id: TaskId) -> Result<Option<Task>> {
        let sql = format!("{} WHERE t.id = ?1", select("t.due_key"));
        Ok(self.conn.prepare_cached(&sql)?.query_row([id], task).optional()?)
    }

    /// `ids` is a JSON list. The order is undefined.
    pub(in crate::store) fn tasks_by_ids(&self, ids: &str) -> Result<Vec<Task>> {
        let sql = format!("{} WHERE t.id IN (SELECT value FROM json_each(?1))", select("t.due_key"));
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([ids], task)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// First the open ones, then the done ones, both ordered by due time.
    pub fn tasks(
        &self,
        filter: &TaskFilter,
        after: Option<&TextCursor>,
        limit: usize,
    ) -> Result<(Vec<Task>, Option<TextCursor>)> {
        let (key, state) = match filter.state {
            TaskState::Open => ("t.due_key", "t.done_at IS NULL"),
            TaskState::Done => ("t.due_key", "t.done_at IS NOT NULL"),
            TaskState::All => ("iif(t.done_at IS NULL, '0', '1') || t.due_key", "TRUE"),
        };
        let sql = format!(
            "{} WHERE t.business_id = :business AND {state}
                 AND (:contact IS NULL OR t.contact_id = :contact)
                 AND (:call IS NULL OR t.call_id = :call)
                 AND (:assignee IS NULL OR t.assignee = :assignee)
                 AND (:due_at IS NULL OR t.due_at < :due_at OR t.due_date < :due_date)
                 AND (:key IS NULL OR ({key}, t.id) > (:key, :id))
             ORDER BY {key}, t.id LIMIT :limit",
            select(key)
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":business": filter.business,
                ":contact": filter.contact,
                ":call": filter.call,
                ":assignee": filter.assignee,
                ":due_at": filter.due_before.as_ref().map(|before| before.at),
                ":due_date": filter.due_before.as_ref().map(|before| &before.day),
                ":key": after.map(|after| &after.key),
                ":id": after.map(|after| after.id),
                ":limit": rows_for(limit),
            },
            task,
        )?;
        let tasks = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(tasks, limit, |last| TextCursor { key: last.due_key.clone(), id: last.id.0 }))
    }
}

impl WriteTx<'_> {
    pub fn insert_task(
        &self,
        business: BusinessId,
        content: &TaskContent,
        source: TaskSource,
        by: ActorId,
        now: Timestamp,
    ) -> Result<TaskId> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO tasks(business_id, title, contact_id, thread_id, call_id, due_at, due_date, assignee, source, created_by,
                               created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
        )?;
        insert.execute(params![
            business,
            content.title,
            content.contact_id,
            content.thread_id,
            content.call_id,
            content.due_at,
            content.due_date,
            content.assignee,
            source,
            by.to_string(),
            now
        ])?;
        let id = TaskId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::TaskUpdated, None, Some(id.0))?;
        Ok(id)
    }

    pub fn update_task(&self, id: TaskId, content: &TaskContent, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE tasks SET title = ?2, contact_id = ?3, thread_id = ?4, call_id = ?5, due_at = ?6, due_date = ?7, assignee = ?8,
                 updated_at = ?9 WHERE id = ?1",
        )?;
        let changed = update.execute(params![
            id,
            content.title,
            content.contact_id,
            content.thread_id,
            content.call_id,
            content.due_at,
            content.due_date,
            content.assignee,
            now
        ])?;
        self.record_task(id, changed)
    }

    /// `None` marks the task as not done. Does nothing if the task is already in that state.
    pub fn set_task_done(&self, id: TaskId, done_by: Option<ActorId>, now: Timestamp) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE tasks SET done_at = iif(?2 IS NULL, NULL, ?3), done_by = ?2, updated_at = ?3
             WHERE id = ?1 AND (done_at IS NULL) = (?2 IS NOT NULL)",
        )?;
        if update.execute(params![id, done_by.map(|by| by.to_string()), now])? > 0 {
            return self.record_in(ChangeKind::TaskUpdated, None, Some(id.0));
        }
        if self.task(id)?.is_some() { Ok(()) } else { Err(Error::NotFound("task")) }
    }

    pub fn delete_task(&self, id: TaskId) -> Result<()> {
        let deleted = self.conn.prepare_cached("DELETE FROM tasks WHERE id = ?1")?.execute([id])?;
        self.record_task(id, deleted)
    }

    fn record_task(&self, id: TaskId, changed: usize) -> Result<()> {
        if changed == 0 {
            return Err(Error::NotFound("task"));
        }
        self.record_in(ChangeKind::TaskUpdated, None, Some(id.0))
    }
}

/// `key` is the SQL expression by which the list is sorted.
fn select(key: &str) -> String {
    format!(
        "SELECT t.id, t.title, t.contact_id, t.thread_id, t.call_id, t.due_at, t.due_date, t.assignee, {}, {}, t.source,
             t.created_by, t.created_at, t.updated_at, t.done_at, t.done_by, {key}
         FROM tasks t LEFT JOIN contacts c ON c.id = t.contact_id",
        name_or_number("c"),
        user_name("t.assignee"),
    )
}

fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    let content = TaskContent {
        title: row.get(1)?,
        contact_id: row.get(2)?,
        thread_id: row.get(3)?,
        call_id: row.get(4)?,
        due_at: row.get(5)?,
        due_date: row.get(6)?,
        assignee: row.get(7)?,
    };
    Ok(Task {
        id: row.get(0)?,
        content,
        contact_name: row.get(8)?,
        assignee_name: row.get(9)?,
        source: row.get(10)?,
        created_by: row.get(11)?,
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
        done_at: row.get(14)?,
        done_by: row.get(15)?,
        due_key: row.get(16)?,
    })
}
