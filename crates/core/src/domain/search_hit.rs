//! The hits of a search.

use super::{CallId, ContactId, ThreadId, Timestamp, text_enum};

text_enum! {
    /// The kind of a search hit.
    SearchKind {
        /// A contact whose name or number matches.
        Contact = "contact",
        /// A message whose text matches.
        Message = "message",
        /// A turn of a call.
        Turn = "turn",
        /// A call whose summary or caller's message matches.
        Call = "call",
        /// A note about a contact.
        Note = "note",
    }
}

/// A database row that matches a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The position in the results; later pages have smaller positions.
    pub position: i64,
    /// The kind of the row.
    pub kind: SearchKind,
    /// The id of the row.
    pub id: i64,
    /// The contact to whom the row belongs.
    pub contact_id: ContactId,
    /// The name of the contact; may be empty.
    pub contact_name: String,
    /// The main phone number of a contact without a name; none for all other contacts.
    pub contact_number: Option<String>,
    /// The thread of the message or the call; none for a contact and a note.
    pub thread_id: Option<ThreadId>,
    /// The call, for a turn or a call.
    pub call_id: Option<CallId>,
    /// When the text was written or spoken; for a contact, when it was created; for a call, when it began.
    pub at: Timestamp,
    /// For a turn, its start, as in [`Turn`](super::Turn); none for other kinds.
    pub offset_ms: Option<i64>,
    /// The full text in which the hit was found.
    pub text: String,
}
