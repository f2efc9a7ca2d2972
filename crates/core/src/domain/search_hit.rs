//! What a search finds.

use super::{CallId, ContactId, ThreadId, Timestamp, text_enum};

text_enum! {
    /// The kind of a search hit.
    SearchKind {
        /// A contact, by name or number.
        Contact = "contact",
        /// A message.
        Message = "message",
        /// A turn of a call.
        Turn = "turn",
        /// A call, by its summary or the message that the caller left.
        Call = "call",
        /// A note about a contact.
        Note = "note",
    }
}

/// A row that a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// Its position in the results; later pages have smaller ones.
    pub position: i64,
    /// What it is.
    pub kind: SearchKind,
    /// The id of the row.
    pub id: i64,
    /// The contact.
    pub contact_id: ContactId,
    /// The name of the contact; may be empty.
    pub contact_name: String,
    /// The thread.
    pub thread_id: Option<ThreadId>,
    /// The call.
    pub call_id: Option<CallId>,
    /// When it was written or said.
    pub at: Timestamp,
    /// Of a turn: where in the call it begins.
    pub offset_ms: Option<i64>,
    /// The whole text.
    pub text: String,
}
