//! Contacts of the business, and suggestions to merge two of them.

use super::{BusinessId, ContactId, ContactTag, FieldId, Timestamp, text_enum};

/// A person or a company with whom the business communicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The id: the number of the database row.
    pub id: ContactId,
    /// The business to which the contact belongs.
    pub business_id: BusinessId,
    /// The name that the owner gave. If there is none, the WhatsApp profile name or the name that a caller gave; may be
    /// empty.
    pub display_name: String,
    /// When the contact was created.
    pub created_at: Timestamp,
    /// The language code of the contact, such as `he`; none if the language is unknown.
    pub language: Option<String>,
    /// The current phone number in E.164; none if the contact has only other kinds of addresses.
    pub number: Option<String>,
    /// The time of the newest message or call; none if the contact has neither.
    pub last_activity_at: Option<Timestamp>,
    /// Whether no messages may be sent to the contact: a user opted the contact out, or the contact opted out or
    /// blocked the business.
    pub opted_out: bool,
    /// Whether a user has blocked the contact: calls are rejected, and messages are stored without a notification.
    pub blocked: bool,
    /// What the contact is to the business.
    pub relation: ContactRelation,
    /// The number of unread messages and calls in all threads.
    pub unread_count: i64,
    /// The tags, ordered by name.
    pub tags: Vec<ContactTag>,
}

text_enum! {
    /// Who gave a contact its name.
    ContactNameSource {
        /// A user.
        Owner = "owner",
        /// The contact, by a WhatsApp profile or in a call.
        Profile = "profile",
        /// The contact has no name.
        None = "",
    }
}

text_enum! {
    /// What a contact is to the business.
    ContactRelation {
        /// An ordinary customer.
        Customer = "customer",
        /// A customer whose calls ring at the human agent's phone first, at any hour, unless the agent answers every
        /// call.
        Vip = "vip",
        /// One of the business's own staff: the agent talks to a colleague, and the contact is no lead.
        Staff = "staff",
    }
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
    /// The reason to assume that two contacts are the same person.
    SuggestionReason {
        /// The current number of one contact is a former number of the other.
        NumberMoved = "number_moved",
        /// One message or call contained addresses of both contacts.
        NamedTogether = "named_together",
    }
}

/// A suggestion to merge two contacts that may be the same person. A user accepts or dismisses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeSuggestion {
    /// The id: the number of the database row.
    pub id: i64,
    /// The older contact; a merge keeps it.
    pub contact: Contact,
    /// The newer contact; a merge moves its history to the older one.
    pub other_contact: Contact,
    /// Why the two contacts may be the same person.
    pub reason: SuggestionReason,
    /// The phone number or id that led to the suggestion.
    pub address: String,
    /// When the suggestion was created.
    pub created_at: Timestamp,
}

text_enum! {
    /// The decision whether a contact gets messages.
    OptOutChoice {
        /// The contact gets no messages.
        Out = "out",
        /// The contact gets messages again.
        In = "in",
    }
}

text_enum! {
    /// Who decided that a contact gets no messages.
    OptOutSource {
        /// The contact, by a word in a message.
        Contact = "contact",
        /// The contact, in a call with the agent.
        Call = "call",
        /// A user or an API client.
        User = "user",
        /// WhatsApp or Twilio, which rejected a message because the contact has blocked the business or opted out there.
        Provider = "provider",
    }
}

/// Why a contact gets no messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// Since when.
    pub at: Timestamp,
    /// Who decided it.
    pub source: OptOutSource,
    /// The name of the user or token; none if the source is another one, or if the name is not known any more.
    pub by_name: Option<String>,
    /// What the contact wrote.
    pub word: Option<String>,
}

/// The values of the merged contact that replace those of the kept one, where each has another value. Without a choice, a
/// merge keeps the value of the kept contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeChoices {
    /// The name.
    pub name: bool,
    /// The language.
    pub language: bool,
    /// What the contact is to the business.
    pub relation: bool,
    /// The fields of the business.
    pub fields: Vec<FieldId>,
}

/// A contact's name, and its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ContactName {
    /// No name is known.
    #[default]
    Unknown,
    /// The name that the owner gave.
    ByOwner(String),
    /// The name from the contact's WhatsApp profile, or the name that a caller gave: untrusted text.
    ByProfile(String),
}
