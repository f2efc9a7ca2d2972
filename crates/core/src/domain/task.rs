//! Tasks of the business's users.

use super::{CallId, ContactId, TaskId, ThreadId, Timestamp, UserId, text_enum};

text_enum! {
    /// Who created a task.
    TaskSource {
        /// A user or an API client.
        User = "user",
        /// The AI.
        Agent = "agent",
    }
}

text_enum! {
    /// The filter of a list of tasks by their state.
    TaskState {
        /// Tasks that are not done.
        Open = "open",
        /// Tasks that are done.
        Done = "done",
        /// All tasks, open tasks first.
        All = "all",
    }
}

/// The fields of a task that users edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskContent {
    /// A short description of the work.
    pub title: String,
    /// The contact that the task concerns.
    pub contact_id: Option<ContactId>,
    /// The thread that the task concerns.
    pub thread_id: Option<ThreadId>,
    /// The call that the task concerns.
    pub call_id: Option<CallId>,
    /// The time at which the task is due. A task has at most one of `due_at` and `due_date`.
    pub due_at: Option<Timestamp>,
    /// The day on which the task is due, such as `2026-11-22`.
    pub due_date: Option<String>,
    /// The user to whom the task is assigned.
    pub assignee: Option<UserId>,
}

/// A task of the business's users, such as to call a contact back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The id: the number of the database row.
    pub id: TaskId,
    /// The fields that users edit.
    pub content: TaskContent,
    /// The name of the contact, or the number if the contact has no name.
    pub contact_name: Option<String>,
    /// The name of the user to whom the task is assigned.
    pub assignee_name: Option<String>,
    /// Whether a user or the AI created the task.
    pub source: TaskSource,
    /// The actor that created the task, such as `user:3`.
    pub created_by: String,
    /// When the task was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the task was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
    /// When the task was marked as done; none while it is open.
    pub done_at: Option<Timestamp>,
    /// The actor that marked the task as done; none while it is open.
    pub done_by: Option<String>,
    /// The sort key of the task in lists: the time at which it is due, or the end of the day on which it is due. A task
    /// without either is last.
    pub due_key: String,
}
