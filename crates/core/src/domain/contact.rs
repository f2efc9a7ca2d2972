//! Contacts.

use super::{BusinessId, ContactId, ContactTag, Timestamp, text_enum};

/// A contact of the business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// The business.
    pub business_id: BusinessId,
    /// The name that the owner gave, else the WhatsApp profile name; may be empty.
    pub display_name: String,
    /// When the contact was created.
    pub created_at: Timestamp,
    /// The language of the contact, as a code such as `he`; none if it is not known.
    pub language: Option<String>,
    /// The current phone number in E.164; none if only other addresses are known.
    pub number: Option<String>,
    /// When the newest message or call was; none if there was none.
    pub last_activity_at: Option<Timestamp>,
    /// Whether the contact receives no messages: a user decided so, or the contact has blocked the business or opted out.
    pub opted_out: bool,
    /// Whether a user has blocked the contact: calls are rejected, and messages are stored without notice.
    pub blocked: bool,
    /// The number of unread messages and calls in all threads.
    pub unread_count: i64,
    /// The tags, by name.
    pub tags: Vec<ContactTag>,
}

text_enum! {
    /// The order of a list of contacts.
    ContactSort {
        /// Newest message or call first.
        Activity = "activity",
        /// By name; contacts without a name last.
        Name = "name",
        /// Newest contact first.
        Created = "created",
    }
}

text_enum! {
    /// Why two contacts may be the same person.
    SuggestionReason {
        /// One contact has a number now that the other had before.
        NumberMoved = "number_moved",
        /// A message contained addresses of both.
        NamedTogether = "named_together",
    }
}

/// Two contacts with histories that may be the same person; a user decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeSuggestion {
    /// The id.
    pub id: i64,
    /// The older contact; a merge keeps it.
    pub contact: Contact,
    /// The newer contact; a merge moves its history to the older one.
    pub other_contact: Contact,
    /// Why they may be the same person.
    pub reason: SuggestionReason,
    /// The phone number or id that both contacts had.
    pub address: String,
    /// When the suggestion was created.
    pub created_at: Timestamp,
}

/// A contact's name, and its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ContactName {
    /// No name is known.
    #[default]
    Unknown,
    /// The name that the owner gave.
    ByOwner(String),
    /// The contact's WhatsApp profile name: untrusted text.
    ByProfile(String),
}
