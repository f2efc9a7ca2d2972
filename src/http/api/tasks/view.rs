//! API types of tasks.

use crate::domain::{self, CallId, ContactId, TaskContent, ThreadId, Timestamp, UserId};
use crate::http::api::one_of::OneOf;
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

type TaskSource = OneOf<domain::TaskSource>;
pub(super) type TaskState = OneOf<domain::TaskState>;
pub(crate) type TaskPage = Page<Task>;

/// A task for the users of the business.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Task {
    /// The id of the task.
    id: i64,
    /// A description of the task in one line.
    title: String,
    /// The id of the contact that the task is about; null if it is about no contact.
    contact_id: Option<i64>,
    /// The name of the contact, or the number if the contact has no name; null if there is no contact, or the contact
    /// has neither.
    contact_name: Option<String>,
    /// The id of the thread that the task is about; null if it is about no thread.
    thread_id: Option<i64>,
    /// The id of the call that the task is about; null if it is about no call.
    call_id: Option<i64>,
    /// The time by which the task must be done; null if the task has no due time.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// The day on which the task must be done, such as `2026-11-22`, in the time zone of the business; null if the task
    /// has no due day. A task has at most one of `due_at` and `due_date`.
    #[schema(format = Date)]
    due_date: Option<String>,
    /// The id of the assigned user; null if the task is not assigned.
    assignee: Option<i64>,
    /// The name of the assigned user; null if the task is not assigned.
    assignee_name: Option<String>,
    /// Whether a user or the agent created the task.
    source: TaskSource,
    /// The actor that created the task: `user:3`, `token:2` or `agent`.
    created_by: String,
    /// When the task was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the task was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When the task was completed; null while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    done_at: Option<Timestamp>,
    /// The actor that completed the task; null while the task is open.
    done_by: Option<String>,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Listed for Task {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for Task {
    fn version(&self) -> impl Serialize {
        let about = (self.contact_id, self.thread_id, self.call_id);
        (self.id, &self.title, about, self.due_at, &self.due_date, self.assignee, self.done_at)
    }
}

impl From<domain::Task> for Task {
    fn from(task: domain::Task) -> Self {
        let domain::Task { content, .. } = task;
        Self {
            id: task.id.0,
            title: content.title,
            contact_id: content.contact_id.map(|id| id.0),
            contact_name: task.contact_name,
            thread_id: content.thread_id.map(|id| id.0),
            call_id: content.call_id.map(|id| id.0),
            due_at: content.due_at,
            due_date: content.due_date,
            assignee: content.assignee.map(|id| id.0),
            assignee_name: task.assignee_name,
            source: task.source.into(),
            created_by: task.created_by,
            created_at: task.created_at,
            updated_at: task.updated_at,
            done_at: task.done_at,
            done_by: task.done_by,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new task. All of `contact_id`, `thread_id` and `call_id` that are set must belong to one contact. At most one of
/// `due_at` and `due_date` is set.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTaskRequest {
    /// A description of the task in one line, 1 to 200 characters.
    title: String,
    /// The id of the contact that the task is about; absent or null if it is about no contact.
    contact_id: Option<i64>,
    /// The id of the thread that the task is about; absent or null if it is about no thread.
    thread_id: Option<i64>,
    /// The id of the call that the task is about; absent or null if it is about no call.
    call_id: Option<i64>,
    /// The time by which the task must be done; absent or null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// The day on which the task must be done, instead of `due_at`; absent or null if there is none.
    #[schema(format = Date)]
    due_date: Option<String>,
    /// The id of the assigned user; absent or null: the task is not assigned.
    assignee: Option<i64>,
}

impl From<CreateTaskRequest> for TaskContent {
    fn from(new: CreateTaskRequest) -> Self {
        Self {
            title: new.title,
            contact_id: new.contact_id.map(ContactId),
            thread_id: new.thread_id.map(ThreadId),
            call_id: new.call_id.map(CallId),
            due_at: new.due_at,
            due_date: new.due_date,
            assignee: new.assignee.map(UserId),
        }
    }
}

/// A change of a task. Absent fields keep their values; null clears a field, except `title`, which it leaves unchanged.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTaskRequest {
    /// A description of the task in one line, 1 to 200 characters.
    title: Option<String>,
    /// The id of the contact that the task is about.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "nullable")]
    contact_id: Option<Option<i64>>,
    /// The id of the thread that the task is about.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "nullable")]
    thread_id: Option<Option<i64>>,
    /// The id of the call that the task is about.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "nullable")]
    call_id: Option<Option<i64>>,
    /// The time by which the task must be done. Setting it clears `due_date`; a request that sets both is rejected.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "nullable")]
    due_at: Option<Option<Timestamp>>,
    /// The day on which the task must be done. Setting it clears `due_at`; a request that sets both is rejected.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default, deserialize_with = "nullable")]
    due_date: Option<Option<String>>,
    /// The id of the assigned user.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "nullable")]
    assignee: Option<Option<i64>>,
}

impl UpdateTaskRequest {
    pub(super) fn apply(self, to: &mut TaskContent) {
        if let Some(title) = self.title {
            to.title = title;
        }
        if let Some(id) = self.contact_id {
            to.contact_id = id.map(ContactId);
        }
        if let Some(id) = self.thread_id {
            to.thread_id = id.map(ThreadId);
        }
        if let Some(id) = self.call_id {
            to.call_id = id.map(CallId);
        }
        if let Some(id) = self.assignee {
            to.assignee = id.map(UserId);
        }
        // A new `due_at` clears `due_date`, and the reverse. If the request sets both, neither is cleared, and the
        // validation rejects the task.
        if matches!((&self.due_at, &self.due_date), (Some(Some(_)), None)) {
            to.due_date = None;
        }
        if matches!((&self.due_at, &self.due_date), (None, Some(Some(_)))) {
            to.due_at = None;
        }
        if let Some(at) = self.due_at {
            to.due_at = at;
        }
        if let Some(date) = self.due_date {
            to.due_date = date;
        }
    }
}
