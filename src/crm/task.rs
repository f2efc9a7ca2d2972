//! Tasks.

use super::{Error, RequestError, contact, text};
use crate::domain::{ActorId, BusinessId, Task, TaskContent, TaskId, TaskSource, Timestamp, day};
use crate::store::{ReadTx, WriteTx};

/// Finds a task.
pub fn find(tx: &ReadTx<'_>, id: TaskId) -> Result<Task, Error> {
    Ok(tx.task(id)?.ok_or(RequestError::NotFound("task"))?)
}

/// Adds a task.
pub fn create(tx: &WriteTx<'_>, actor: ActorId, content: TaskContent, now: Timestamp) -> Result<TaskId, Error> {
    let content = check(tx, content, None)?;
    let source = if actor == ActorId::Agent { TaskSource::Agent } else { TaskSource::User };
    Ok(tx.insert_task(BusinessId::FIRST, &content, source, actor, now)?)
}

/// Changes a task.
pub fn update(
    tx: &WriteTx<'_>,
    id: TaskId,
    change: impl FnOnce(&mut TaskContent),
    now: Timestamp,
) -> Result<(), Error> {
    let before = find(tx, id)?.content;
    let mut content = before.clone();
    change(&mut content);
    let content = check(tx, content, Some(&before))?;
    if content == before { Ok(()) } else { Ok(tx.update_task(id, &content, now)?) }
}

/// Marks a task as done.
pub fn complete(tx: &WriteTx<'_>, actor: ActorId, id: TaskId, now: Timestamp) -> Result<(), Error> {
    Ok(tx.set_task_done(id, Some(actor), now)?)
}

/// Marks a task as not done.
pub fn reopen(tx: &WriteTx<'_>, id: TaskId, now: Timestamp) -> Result<(), Error> {
    Ok(tx.set_task_done(id, None, now)?)
}

/// Deletes a task.
pub fn delete(tx: &WriteTx<'_>, id: TaskId) -> Result<(), Error> {
    Ok(tx.delete_task(id)?)
}

/// Checks the texts, and that everything exists that the task names. A user who was removed since stays the assignee.
fn check(tx: &WriteTx<'_>, mut content: TaskContent, before: Option<&TaskContent>) -> Result<TaskContent, Error> {
    content.title = text::name("title", &content.title)?;
    if let Some(date) = &content.due_date {
        content.due_date =
            Some(day(date).ok_or_else(|| text::refuse("due_date", "must be a day, such as 2026-11-22"))?);
        if content.due_at.is_some() {
            return Err(text::refuse("due_date", "may not be given together with due_at").into());
        }
    }
    if let Some(id) = content.contact_id {
        content.contact_id = Some(contact::find(tx, id)?.id);
    }
    if let Some(id) = content.thread_id {
        super::thread::find(tx, id)?;
    }
    if let Some(id) = content.call_id
        && tx.call(id)?.is_none()
    {
        return Err(RequestError::NotFound("call").into());
    }
    if let Some(id) = content.assignee.filter(|id| before.and_then(|before| before.assignee) != Some(*id))
        && tx.user(id)?.is_none()
    {
        return Err(RequestError::NotFound("user").into());
    }
    Ok(content)
}
