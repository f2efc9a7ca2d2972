//! Threads: the conversation with one contact over one channel.

use super::{
    BusinessId, CallDirection, CallId, CallOutcome, CallState, ContactId, Direction, EndReason, MediaKind, MessageId,
    MessageStatus, PeerAddress, Provider, ThreadId, Timestamp, text_enum,
};

text_enum! {
    /// The channel of a thread.
    ThreadType {
        /// WhatsApp messages of both providers.
        WhatsApp = "whatsapp",
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
    /// The side that must act next in a conversation.
    ThreadTurn {
        /// The contact waits for an answer: a message or a missed call is unanswered, or an answer was not delivered.
        Us = "us",
        /// The agent has answered, and no user has seen the answer yet.
        Agent = "agent",
        /// No action is needed.
        Done = "done",
    }
}

/// A thread: the conversation with one contact over one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The id: the number of the database row.
    pub id: ThreadId,
    /// The business that owns the thread.
    pub business_id: BusinessId,
    /// The channel: WhatsApp or calls.
    pub kind: ThreadType,
    /// The provider that was used last; none for a thread of calls, and before the first message.
    pub provider: Option<Provider>,
    /// The contact with whom the business talks.
    pub contact_id: ContactId,
    /// The contact's number in E.164, or another address if the number is unknown.
    pub peer_number: String,
    /// The title of the thread in lists.
    pub title: String,
    /// The time of the newest message or call. In a thread with only a draft or a scheduled message, the position in
    /// lists; none in an empty thread.
    pub last_message_at: Option<Timestamp>,
    /// The number of unread messages or calls.
    pub unread_count: i64,
    /// Whether the AI answers in this thread.
    pub ai_mode: AiMode,
    /// The side that must act next.
    pub turn: ThreadTurn,
    /// Since when the contact waits for an answer; none if the contact does not wait.
    pub waiting_since: Option<Timestamp>,
    /// When the thread was archived; none if it is not archived. A new message or call moves it back to the inbox.
    pub archived_at: Option<Timestamp>,
    /// The time of the contact's last message to the business's Twilio sender.
    pub last_in_twilio_at: Option<Timestamp>,
    /// The name of the contact; may be empty.
    pub contact_name: String,
    /// The newest message; none if there is none.
    pub last_message: Option<LastMessage>,
    /// The newest call; none if there is none.
    pub last_call: Option<LastCall>,
    /// When the thread was created.
    pub created_at: Timestamp,
}

impl Thread {
    /// Returns the address to which messages in this thread are sent; none if the contact has no address.
    pub fn recipient(&self) -> Option<PeerAddress> {
        PeerAddress::from_stored(&self.peer_number)
    }
}

/// The time and provider of the contact's last message. The 24-hour reply windows are computed from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastInbound {
    /// The provider of the last message; none if the contact has written no message.
    pub provider: Option<Provider>,
    /// When the last message was written if its delivery was delayed, else when it arrived.
    pub at: Option<Timestamp>,
    /// The time of the last message to the business's Twilio sender.
    pub twilio_at: Option<Timestamp>,
}

/// The summary of a message for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMessage {
    /// The id: the number of the message's database row.
    pub id: MessageId,
    /// Whether the contact or the business wrote the message.
    pub direction: Direction,
    /// The author of an outgoing message, as in [`Message`](super::Message).
    pub author: Option<String>,
    /// The kind of the content.
    pub media_kind: MediaKind,
    /// The beginning of the text.
    pub text: String,
    /// The delivery status.
    pub status: MessageStatus,
    /// When the message was written.
    pub created_at: Timestamp,
}

/// The summary of a call for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCall {
    /// The id: the number of the call's database row.
    pub id: CallId,
    /// Whether the contact or the business called.
    pub direction: CallDirection,
    /// Whether the call is active, and in which phase it is.
    pub state: CallState,
    /// Why the call, or the agent's part of it, ended.
    pub end_reason: Option<EndReason>,
    /// The outcome, as lists of calls show it.
    pub outcome: CallOutcome,
    /// The duration in milliseconds, as in [`Call`](super::Call).
    pub duration_ms: Option<i64>,
    /// When Twilio announced the call.
    pub started_at: Timestamp,
    /// The first 300 characters of the message that the caller left; none if the caller left none.
    pub message_text: Option<String>,
}

/// An unfinished text of a user in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The text as the user last typed it.
    pub text: String,
    /// When the draft was stored.
    pub updated_at: Timestamp,
}

/// A row of the inbox: all threads with one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRow {
    /// The contact to whom the row's threads belong.
    pub contact_id: ContactId,
    /// The name of the contact; may be empty.
    pub contact_name: String,
    /// The contact's current phone number.
    pub number: Option<String>,
    /// The side that must act next.
    pub turn: ThreadTurn,
    /// Since when the contact waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// The number of unread messages and calls.
    pub unread_count: i64,
    /// The time of the newest message or call.
    pub last_activity_at: Timestamp,
    /// The id of the thread with the newest activity.
    pub newest_thread_id: ThreadId,
    /// The newest message; none if there is none.
    pub last_message: Option<LastMessage>,
    /// The newest call; none if there is none.
    pub last_call: Option<LastCall>,
    /// The contact's thread of WhatsApp messages; none if there is none.
    pub whatsapp_thread_id: Option<ThreadId>,
    /// The contact's thread of calls; none if there is none.
    pub call_thread_id: Option<ThreadId>,
    /// When the conversation was archived; none if it is not archived.
    pub archived_at: Option<Timestamp>,
}

text_enum! {
    /// The filter of a list of conversations.
    InboxFilter {
        /// Conversations that are not archived.
        All = "all",
        /// Conversations in which the contact waits for an answer.
        Waiting = "waiting",
        /// Conversations with an answer of the agent that no user has seen.
        Agent = "agent",
        /// Archived conversations.
        Archived = "archived",
        /// Conversations, also archived ones, with a message of the last day to the contact that failed, or was not
        /// delivered within nine minutes.
        Undelivered = "undelivered",
    }
}

/// The numbers of contacts in each category of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxCounts {
    /// Contacts who wait for an answer.
    pub waiting: i64,
    /// Contacts with an answer of the agent that no user has seen.
    pub agent: i64,
    /// Contacts with unread messages or calls.
    pub unread: i64,
}
