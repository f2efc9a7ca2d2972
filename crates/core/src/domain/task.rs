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
    /// Which tasks are listed.
    TaskState {
        /// Those that are not done.
        Open = "open",
        /// Those that are done.
        Done = "done",
        /// All, the open ones first.
        All = "all",
    }
}

/// What a user decides about a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskContent {
    /// What is to be done.
    pub title: String,
    /// The contact that it concerns.
    pub contact_id: Option<ContactId>,
    /// The thread that it concerns.
    pub thread_id: Option<ThreadId>,
    /// The call that it concerns.
    pub call_id: Option<CallId>,
    /// The moment by which it is to be done.
    pub due_at: Option<Timestamp>,
    /// The day on which it is to be done, `2026-11-22`.
    pub due_date: Option<String>,
    /// The user who is to do it.
    pub assignee: Option<UserId>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The id.
    pub id: TaskId,
    /// What a user decides about it.
    pub content: TaskContent,
    /// The name of the contact, or its number.
    pub contact_name: Option<String>,
    /// The name of the user who is to do it.
    pub assignee_name: Option<String>,
    /// Who created it.
    pub source: TaskSource,
    /// The actor that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// The actor that marked it as done.
    pub done_by: Option<String>,
    /// Its place in the list.
    pub due_key: String,
}
