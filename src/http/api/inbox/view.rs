//! API types of the inbox and of timelines.

use crate::domain::{self, Language, Role, TimelineContent, Timestamp};
use crate::http::api::appointments::view::Appointment;
use crate::http::api::calls::view::CallItem;
use crate::http::api::notes::view::Note;
use crate::http::api::one_of::OneOf;
use crate::http::api::response::views;
use crate::http::api::tasks::view::Task;
use crate::http::api::threads::view::MessageDetail;
use crate::http::api::threads::view::list::{Draft, LastCall, LastMessage, TagName, ThreadTurn};
use crate::http::pagination::Page;
use serde::Serialize;

pub(super) type InboxPage = Page<InboxRow>;
type TimelineKind = OneOf<domain::TimelineKind>;
type ContactChangeKind = OneOf<domain::ContactChangeKind>;

/// The conversation with one contact over all channels.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct InboxRow {
    /// The id of the contact.
    contact_id: i64,
    /// The name of the contact; may be empty.
    contact_name: String,
    /// The contact's current phone number in E.164; null if the contact has none.
    number: Option<String>,
    /// Whether the contact waits for an answer (`us`), no user has seen the agent's answer yet (`agent`), or no action
    /// is needed (`done`).
    turn: ThreadTurn,
    /// Since when the contact has waited for an answer; null if the contact does not wait.
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_since: Option<Timestamp>,
    /// The number of unread messages and calls.
    unread_count: i64,
    /// The time of the newest message or call; if there is none, when the first draft or scheduled message was stored,
    /// or the creation time of an empty thread.
    #[schema(value_type = String, format = DateTime)]
    last_activity_at: Timestamp,
    /// The newest message or call; null if there is none.
    last: Option<LastActivity>,
    /// The id of the thread of WhatsApp messages; null if there is none.
    whatsapp_thread_id: Option<i64>,
    /// The id of the thread of calls; null if there is none.
    call_thread_id: Option<i64>,
    /// The current user's draft of a WhatsApp message; null if there is none.
    draft: Option<Draft>,
    /// When the conversation was archived; null if it is not archived. A new message or call, unless it comes from a
    /// blocked contact, and a message that could not be delivered move the conversation out of the archive.
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    /// The tags of the contact.
    tags: Vec<TagName>,
}

/// The newest message or call with a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LastActivity {
    /// `message` or `call`.
    kind: TimelineKind,
    /// The newest message; set only if `kind` is `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<LastMessage>,
    /// The newest call; set only if `kind` is `call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<LastCall>,
}

impl InboxRow {
    pub(super) fn new(row: domain::InboxRow, draft: Option<domain::Draft>, tags: Vec<domain::ContactTag>) -> Self {
        Self {
            contact_id: row.contact_id.0,
            contact_name: row.contact_name,
            number: row.number,
            turn: row.turn.into(),
            waiting_since: row.waiting_since,
            unread_count: row.unread_count,
            last_activity_at: row.last_activity_at,
            last: LastActivity::of(row.last_message, row.last_call),
            whatsapp_thread_id: row.whatsapp_thread_id.map(|id| id.0),
            call_thread_id: row.call_thread_id.map(|id| id.0),
            draft: draft.map(Into::into),
            archived_at: row.archived_at,
            tags: views(tags),
        }
    }
}

impl LastActivity {
    /// Returns the newer of a contact's newest message and newest call; the message if both have the same time, and
    /// none if there is neither.
    fn of(message: Option<domain::LastMessage>, call: Option<domain::LastCall>) -> Option<Self> {
        let message_at = message.as_ref().map(|message| message.created_at);
        let is_message = message_at >= call.as_ref().map(|call| call.started_at);
        if is_message {
            message.map(|message| Self {
                kind: domain::TimelineKind::Message.into(),
                message: Some(message.into()),
                call: None,
            })
        } else {
            call.map(|call| Self { kind: domain::TimelineKind::Call.into(), message: None, call: Some(call.into()) })
        }
    }
}

/// A page of a contact's timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TimelineItemPage {
    /// The entries, oldest first.
    pub(super) items: Vec<TimelineItem>,
    /// `before` of the page with older entries; null if there are none.
    pub(super) next_cursor: Option<String>,
    /// `after` of the page with newer entries; null if there are none.
    pub(super) previous_cursor: Option<String>,
}

/// An entry of a contact's timeline. `kind` determines which field contains the content.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TimelineItem {
    /// The kind of the entry.
    kind: TimelineKind,
    /// The time by which the entries are ordered: when the message or the note was written, the call started, the task
    /// was created or (`task_done`) completed, the appointment was booked, moved (`appointment_moved`) or cancelled
    /// (`appointment_cancelled`), the contacts were merged, or the contact was changed.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The message; set only if `kind` is `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageDetail>,
    /// The call; set only if `kind` is `call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<CallItem>,
    /// The note; set only if `kind` is `note`.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    /// The task in its current state; set only if `kind` is `task` or `task_done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<Task>,
    /// The appointment in its current state; set only if `kind` is `appointment`, `appointment_moved` or
    /// `appointment_cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    appointment: Option<Appointment>,
    /// The move, if `kind` is `appointment_moved`; the first move of the appointment, if `kind` is `appointment` and
    /// it was moved: it was booked for the time `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<AppointmentMove>,
    /// The merge of another contact into the contact of the timeline; set only if `kind` is `merge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    merge: Option<ContactMerge>,
    /// The change of the contact; set only if `kind` is `contact_change`.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ContactChange>,
}

/// A move of an appointment to another time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AppointmentMove {
    /// The number of the move; later moves have greater numbers.
    id: i64,
    /// The start of the appointment before the move.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The start of the appointment after the move.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// A change of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ContactChange {
    /// The number of the change; later changes have greater numbers.
    id: i64,
    /// What changed.
    kind: ContactChangeKind,
    /// The actor, as in the audit log, such as `user:3`, `contact` or `agent`; `provider` for an opt-out that the
    /// provider of a message reported.
    actor: String,
    /// The name of the user or token; null for other actors.
    actor_name: Option<String>,
    /// The message by which the contact opted out; null for other changes.
    word: Option<String>,
}

/// A merge of another contact into the contact of a timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ContactMerge {
    /// The id of the merge, for `/api/merges/{id}/undo`.
    merge_id: i64,
    /// The name of the merged contact; may be empty.
    contact_name: String,
    /// When the merge was made.
    #[schema(value_type = String, format = DateTime)]
    merged_at: Timestamp,
}

impl TimelineItem {
    pub(super) fn new(entry: domain::TimelineEntry, language: Language, reader: Role) -> Self {
        let kind = entry.content.kind().into();
        let item = Self {
            kind,
            at: entry.at,
            message: None,
            call: None,
            note: None,
            task: None,
            appointment: None,
            moved: None,
            merge: None,
            change: None,
        };
        match entry.content {
            TimelineContent::Message(message) => Self { message: Some(MessageDetail::new(*message, language)), ..item },
            TimelineContent::Call(call) => Self { call: Some(CallItem::new(*call, reader)), ..item },
            TimelineContent::Note(note) => Self { note: Some(note.into()), ..item },
            TimelineContent::Task(task) | TimelineContent::TaskDone(task) => {
                Self { task: Some((*task).into()), ..item }
            }
            TimelineContent::Appointment(appointment, first) => {
                Self { appointment: Some((*appointment).into()), moved: first.map(Into::into), ..item }
            }
            TimelineContent::AppointmentMoved(appointment, of) => {
                Self { appointment: Some((*appointment).into()), moved: Some(of.into()), ..item }
            }
            TimelineContent::AppointmentCancelled(appointment) => {
                Self { appointment: Some((*appointment).into()), ..item }
            }
            TimelineContent::Merge(merge) => Self { merge: Some(merge.into()), ..item },
            TimelineContent::ContactChange(change) => Self { change: Some(change.into()), ..item },
        }
    }
}

impl From<domain::AppointmentMove> for AppointmentMove {
    fn from(domain::AppointmentMove { id, from, to }: domain::AppointmentMove) -> Self {
        Self { id, from, to }
    }
}

impl From<domain::ContactChange> for ContactChange {
    fn from(change: domain::ContactChange) -> Self {
        let domain::ContactChange { id, kind, actor, actor_name, word } = change;
        Self { id, kind: kind.into(), actor, actor_name, word }
    }
}

impl From<domain::ContactMerge> for ContactMerge {
    fn from(merge: domain::ContactMerge) -> Self {
        Self { merge_id: merge.merge_id, contact_name: merge.contact_name, merged_at: merge.merged_at }
    }
}
