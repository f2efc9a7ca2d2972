//! API types of scheduled messages.

use crate::crm::scheduled_message::{ScheduleRequest, ScheduledMessageUpdate};
use crate::domain::{self, ActorId, ThreadId, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::threads::view::Provider;
use crate::http::etag::Versioned;
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(super) type ScheduledState = OneOf<domain::ScheduledState>;
pub(super) type ScheduledMessagePage = Page<ScheduledMessage>;

/// A message that the daemon sends at a later time.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScheduledMessage {
    /// The id of the scheduled message.
    id: i64,
    /// The id of the thread in which the message is sent.
    thread_id: i64,
    /// The id of the contact who receives the message.
    contact_id: i64,
    /// The text of the message; may be empty if a file is attached.
    text: String,
    /// The id of the attached file; null if there is none.
    media_id: Option<String>,
    /// When the message is due to be sent.
    #[schema(value_type = String, format = DateTime)]
    send_at: Timestamp,
    /// The requested provider; null: the routing policy chooses one.
    provider: Option<Provider>,
    /// The state of the scheduled message.
    state: ScheduledState,
    /// The id of the message that was created and queued; null unless `state` is `sent`.
    message_id: Option<i64>,
    /// Why the message was not sent: an error code of `POST /api/whatsapp/send`, `media_expired` if the file was
    /// deleted, or `too_late` if it could not be sent at its time or within two hours after it, for example because the
    /// machine was off, or `appointment_changed` if the appointment that it is about has begun or belongs to another contact;
    /// null unless `state` is `failed`.
    error_code: Option<String>,
    /// The actor that scheduled the message: `user:3` or `token:2`.
    author: String,
    /// The id of the appointment that the message is about (`notify` of the appointment's operations); null for other
    /// messages. A change of the appointment cancels the message while it waits.
    appointment_id: Option<i64>,
    /// When the message was scheduled.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the message was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl Versioned for ScheduledMessage {}

impl From<domain::ScheduledMessage> for ScheduledMessage {
    fn from(message: domain::ScheduledMessage) -> Self {
        Self {
            id: message.id,
            thread_id: message.thread_id.0,
            contact_id: message.contact_id.0,
            text: message.text,
            media_id: message.media_id,
            send_at: message.send_at,
            provider: message.provider.map(OneOf),
            state: message.state.into(),
            message_id: message.message_id.map(|id| id.0),
            error_code: message.error_code,
            author: message.author,
            appointment_id: message.appointment_id.map(|id| id.0),
            created_at: message.created_at,
            updated_at: message.updated_at,
        }
    }
}

/// A message to schedule.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleMessageRequest {
    /// The id of the thread in which the message is sent.
    thread_id: i64,
    /// The text of the message, at most 4096 characters; may be empty if a file is attached.
    #[serde(default)]
    text: String,
    /// The id of a file from `POST /api/media` to attach; absent or null if there is none.
    media_id: Option<String>,
    /// When the message is due to be sent; within the next 366 days.
    #[schema(value_type = String, format = DateTime)]
    send_at: Timestamp,
    /// The provider that sends the message; by default, the routing policy chooses one.
    provider: Option<Provider>,
}

impl ScheduleMessageRequest {
    pub(super) fn into_request(self, author: ActorId) -> ScheduleRequest {
        ScheduleRequest {
            thread: ThreadId(self.thread_id),
            text: self.text,
            media: self.media_id,
            send_at: self.send_at,
            provider: self.provider.map(|provider| provider.0),
            author: author.to_string(),
        }
    }
}

/// A change of a scheduled message. Absent fields keep their values; null clears the file or the provider, and leaves
/// other fields unchanged.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateScheduledMessageRequest {
    /// The new text of the message, at most 4096 characters; may be empty if a file is attached.
    text: Option<String>,
    /// The id of a file from `POST /api/media` to attach; null removes the file.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    media_id: Option<Option<String>>,
    /// When the message is due to be sent; within the next 366 days.
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Timestamp>,
    /// The provider that sends the message; null: the routing policy chooses one.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Provider>)]
    provider: Option<Option<Provider>>,
}

impl From<UpdateScheduledMessageRequest> for ScheduledMessageUpdate {
    fn from(change: UpdateScheduledMessageRequest) -> Self {
        Self {
            text: change.text,
            media: change.media_id,
            send_at: change.send_at,
            provider: change.provider.map(|provider| provider.map(|provider| provider.0)),
        }
    }
}
