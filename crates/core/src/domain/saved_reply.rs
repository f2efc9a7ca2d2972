//! Saved replies and scheduled messages.

use super::{AppointmentId, ContactId, MessageId, Provider, ThreadId, Timestamp, text_enum};

/// A text that users send often and insert by its shortcut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedReply {
    /// The id: the number of the database row.
    pub id: i64,
    /// The shortcut that a user types to insert the text.
    pub shortcut: String,
    /// The text that is inserted.
    pub text: String,
    /// When the reply was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the reply was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}

text_enum! {
    /// The state of a scheduled message.
    ScheduledState {
        /// The message is not due yet.
        Waiting = "waiting",
        /// The message was created and queued; its delivery status is stored with the created message.
        Sent = "sent",
        /// The message could not be sent; `error_code` gives the reason.
        Failed = "failed",
        /// A user cancelled the message.
        Cancelled = "cancelled",
    }
}

/// A message that is sent later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledMessage {
    /// The id: the number of the database row.
    pub id: i64,
    /// The thread. If the thread was merged into another, the remaining thread.
    pub thread_id: ThreadId,
    /// The contact who receives the message.
    pub contact_id: ContactId,
    /// The text that is sent.
    pub text: String,
    /// The SHA-256 of the attached file; none if there is no file.
    pub media_id: Option<String>,
    /// When the message is due.
    pub send_at: Timestamp,
    /// The requested provider; none if the routing policy chooses one.
    pub provider: Option<Provider>,
    /// Whether the message still waits, was sent, failed or was cancelled.
    pub state: ScheduledState,
    /// The message that was created from it; none unless it was sent.
    pub message_id: Option<MessageId>,
    /// The reason why the message could not be sent: an error code of `POST /api/whatsapp/send`, or `media_expired`.
    /// None unless the state is `failed`.
    pub error_code: Option<String>,
    /// The actor that scheduled the message, such as `user:3` or `token:2`.
    pub author: String,
    /// The appointment that the message is about; none for other messages. A change of the appointment cancels the
    /// message while it waits.
    pub appointment_id: Option<AppointmentId>,
    /// When the message was scheduled.
    pub created_at: Timestamp,
    /// When the message was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}
