//! Threads: the conversation with one contact over one channel.

use super::{BusinessId, ContactId, Provider, ThreadId, Timestamp, text_enum};

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
