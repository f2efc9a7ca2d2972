//! Tasks: work that users have to do, often for a contact.

use super::idempotency::{KeyedRequest, Kind};
use super::{Error, RequestError, contact, text};
use crate::domain::{ActorId, BusinessId, ContactId, Task, TaskContent, TaskId, TaskSource, Timestamp, day};
use crate::store::{ReadTx, StoredResponse, WriteTx};
use serde_json::json;

pub fn find(tx: &ReadTx<'_>, id: TaskId) -> Result<Task, Error> {
    Ok(tx.task(id)?.ok_or(RequestError::NotFound("task"))?)
}

#[derive(Clone, Copy, Debug)]
pub struct Created {
    pub id: TaskId,
    /// False if an earlier request with the same key created the task.
    pub is_new: bool,
}

/// A retry with the same idempotency key returns the same task. If that task was deleted since, the retry is refused
/// with `NotFound`.
pub fn create(
    tx: &WriteTx<'_>,
    actor: ActorId,
    content: TaskContent,
    key: Option<&str>,
    now: Timestamp,
) -> Result<Created, Error> {
    let keyed = key.map(|key| KeyedRequest::new(Kind::TASK, key, fingerprint(&content)));
    let first = keyed.as_ref().map(|keyed| keyed.first_id(tx)).transpose()?.flatten();
    if let Some(first) = first {
        return Ok(Created { id: find(tx, TaskId(first))?.id, is_new: false });
    }
    let content = check(tx, content, None)?;
    let source = if actor == ActorId::Agent { TaskSource::Agent } else { TaskSource::User };
    let id = tx.insert_task(BusinessId::FIRST, &content, source, actor, now)?;
    if let Some(keyed) = keyed {
        keyed.store_id(tx, id.0, now)?;
    }
    Ok(Created { id, is_new: true })
}

fn fingerprint(content: &TaskContent) -> String {
    let about =
        json!([content.contact_id.map(|id| id.0), content.thread_id.map(|id| id.0), content.call_id.map(|id| id.0)]);
    let rest = json!([content.title, content.due_at, content.due_date, content.assignee.map(|id| id.0)]);
    StoredResponse::fingerprint(&json!([about, rest]))
}

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

pub fn complete(tx: &WriteTx<'_>, actor: ActorId, id: TaskId, now: Timestamp) -> Result<(), Error> {
    Ok(tx.set_task_done(id, Some(actor), now)?)
}

pub fn reopen(tx: &WriteTx<'_>, id: TaskId, now: Timestamp) -> Result<(), Error> {
    Ok(tx.set_task_done(id, None, now)?)
}

pub fn delete(tx: &WriteTx<'_>, id: TaskId) -> Result<(), Error> {
    Ok(tx.delete_task(id)?)
}

/// Checks that the thread and the call exist and belong to the task's contact. A task must not link the data of two
/// contacts. A task from before this rule may keep its links.
fn check_subject(tx: &ReadTx<'_>, content: &TaskContent, before: Option<&TaskContent>) -> Result<(), Error> {
    let thread = content.thread_id.map(|id| super::thread::find(tx, id)).transpose()?;
    let call =
        content.call_id.map(|id| Ok::<_, Error>(tx.call(id)?.ok_or(RequestError::NotFound("call"))?)).transpose()?;
    let subject = |content: &TaskContent| (content.contact_id, content.thread_id, content.call_id);
    if before.is_some_and(|before| subject(before) == subject(content)) {
        return Ok(());
    }
    let kept = |id: Option<ContactId>| id.map(|id| tx.kept_contact(id)).transpose();
    let of_thread = kept(thread.map(|thread| thread.contact_id))?;
    let of_call = kept(call.map(|call| call.contact_id))?;
    let expected = content.contact_id.or(of_thread);
    for (field, of) in [("thread_id", of_thread), ("call_id", of_call)] {
        if expected.is_some() && of.is_some() && of != expected {
            return Err(text::refuse(field, "belongs to another contact").into());
        }
    }
    Ok(())
}

/// An assignee whose account was removed since is kept.
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
    check_subject(tx, &content, before)?;
    if let Some(id) = content.assignee.filter(|id| before.and_then(|before| before.assignee) != Some(*id))
        && tx.user(id)?.is_none()
    {
        return Err(RequestError::NotFound("user").into());
    }
    Ok(content)
}
