//! Threads: the conversation with one contact over one channel.

use super::{
    BusinessId, CallDirection, CallId, CallOutcome, CallState, ContactId, Direction, EndReason, MediaKind, MessageId,
    MessageStatus, Provider, ThreadId, Timestamp, text_enum,
};

text_enum! {
    /// The channel of a thread.
    ThreadType {
        /// Messages, by either provider.
        WhatsApp = "whatsapp",
        /// Calls.
        Call = "call",
    }
}

text_enum! {
    /// Whether the AI answers in a thread.
    AiMode {
        /// The AI does not answer.
        Off = "off",
        /// The AI proposes replies, which a user sends.
        Suggest = "suggest",
        /// The AI answers.
        Auto = "auto",
        /// A user has taken over; the AI is paused.
        Paused = "paused",
    }
}

text_enum! {
    /// Whose turn it is in a conversation.
    ThreadTurn {
        /// The contact waits for an answer: a message or a missed call is unanswered, or an answer was not delivered.
        Us = "us",
        /// The agent has answered, and no user has looked yet.
        Agent = "agent",
        /// There is nothing to do.
        Done = "done",
    }
}

/// The conversation with one contact over one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The id.
    pub id: ThreadId,
    /// The business.
    pub business_id: BusinessId,
    /// The channel.
    pub kind: ThreadType,
    /// The provider that was used last; none for calls before the first one.
    pub provider: Option<Provider>,
    /// The contact.
    pub contact_id: ContactId,
    /// The contact's number in E.164, else another address.
    pub peer_number: String,
    /// The title of the thread.
    pub title: String,
    /// When the newest message or call was.
    pub last_message_at: Option<Timestamp>,
    /// The number of unread messages.
    pub unread_count: i64,
    /// Whether the AI answers in this thread.
    pub ai_mode: AiMode,
    /// Whose turn it is.
    pub turn: ThreadTurn,
    /// Since when the contact waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// When it was archived; a new message or call ends that.
    pub archived_at: Option<Timestamp>,
    /// When the last message to our Twilio sender was written.
    pub last_in_twilio_at: Option<Timestamp>,
    /// The name of the contact; may be empty.
    pub contact_name: String,
    /// The newest message.
    pub last_message: Option<LastMessage>,
    /// The newest call.
    pub last_call: Option<LastCall>,
    /// When it started.
    pub created_at: Timestamp,
}

/// When and by which provider the contact last wrote; the 24-hour windows are derived from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastInbound {
    /// The provider of the last message.
    pub provider: Option<Provider>,
    /// When it was committed.
    pub at: Option<Timestamp>,
    /// When the last message to our Twilio sender was written.
    pub twilio_at: Option<Timestamp>,
}

/// A message as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMessage {
    /// The id.
    pub id: MessageId,
    /// The direction.
    pub direction: Direction,
    /// The author of an outgoing message, as in [`Message`](super::Message).
    pub author: Option<String>,
    /// The kind of the content.
    pub media_kind: MediaKind,
    /// The beginning of the text.
    pub text: String,
    /// The delivery status.
    pub status: MessageStatus,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A call as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCall {
    /// The id.
    pub id: CallId,
    /// Who called whom.
    pub direction: CallDirection,
    /// The state.
    pub state: CallState,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// What became of it.
    pub outcome: CallOutcome,
    /// The duration.
    pub duration_ms: Option<i64>,
    /// When it started.
    pub started_at: Timestamp,
    /// The message that the caller left.
    pub message_text: Option<String>,
}

/// A text that a user has begun to write in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// When it was stored.
    pub updated_at: Timestamp,
}

/// All threads with one contact as one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRow {
    /// The contact.
    pub contact_id: ContactId,
    /// The name; may be empty.
    pub contact_name: String,
    /// The contact's current phone number.
    pub number: Option<String>,
    /// Whose turn it is.
    pub turn: ThreadTurn,
    /// Since when the contact waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// The number of unread messages and calls.
    pub unread_count: i64,
    /// When the newest message or call was.
    pub last_activity_at: Timestamp,
    /// The id of the thread with the newest activity.
    pub newest_thread_id: ThreadId,
    /// The newest message.
    pub last_message: Option<LastMessage>,
    /// The newest call.
    pub last_call: Option<LastCall>,
    /// The thread of messages.
    pub whatsapp_thread_id: Option<ThreadId>,
    /// The thread of calls.
    pub call_thread_id: Option<ThreadId>,
    /// When it was archived.
    pub archived_at: Option<Timestamp>,
}

text_enum! {
    /// Which conversations a list contains.
    InboxFilter {
        /// Those that are not archived.
        All = "all",
        /// Those in which the contact waits for an answer.
        Waiting = "waiting",
        /// Those with something of the agent that no user has seen.
        Agent = "agent",
        /// Archived ones.
        Archived = "archived",
    }
}

/// How many contacts there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxCounts {
    /// Contacts who wait for an answer.
    pub waiting: i64,
    /// Contacts with something of the agent that no user has seen.
    pub agent: i64,
    /// Contacts with unread messages or calls.
    pub unread: i64,
}
