//! Saved replies and scheduled messages.

use super::{ContactId, MessageId, Provider, ThreadId, Timestamp, text_enum};

/// A text that users send often, by a shortcut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedReply {
    /// The id.
    pub id: i64,
    /// What a user types to get it.
    pub shortcut: String,
    /// The text.
    pub text: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

text_enum! {
    /// The state of a scheduled message.
    ScheduledState {
        /// Its time has not come.
        Waiting = "waiting",
        /// It has become a message, whose own status follows.
        Sent = "sent",
        /// It could not be sent; `error_code` says why.
        Failed = "failed",
        /// A user has cancelled it.
        Cancelled = "cancelled",
    }
}

/// A message that is sent later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledMessage {
    /// The id.
    pub id: i64,
    /// The thread; of a thread that was merged, the remaining one.
    pub thread_id: ThreadId,
    /// The contact.
    pub contact_id: ContactId,
    /// The text.
    pub text: String,
    /// The SHA-256 of its file.
    pub media_id: Option<String>,
    /// When it is to be sent.
    pub send_at: Timestamp,
    /// The requested provider; none leaves the choice to the policy.
    pub provider: Option<Provider>,
    /// The state.
    pub state: ScheduledState,
    /// The message that it became.
    pub message_id: Option<MessageId>,
    /// Why it was not sent: an error code of `POST /api/whatsapp/send`.
    pub error_code: Option<String>,
    /// Who scheduled it: `user:3`, `token:2`.
    pub author: String,
    /// When it was scheduled.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
