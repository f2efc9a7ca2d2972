//! What both providers' messages become.

use super::{LateRefusal, MediaKind, MessageStatus, PeerAddress, Provider, Timestamp};
use serde::{Deserialize, Serialize};

/// A message that a provider brought: from the person, or from the business's own phone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that a provider tells")]
pub struct InboundMessage {
    /// Who brought it.
    pub provider: Provider,
    /// What the provider calls it.
    pub provider_msg_id: Option<String>,
    /// The person, by every address that came along; the first one is the main one.
    pub peer: Vec<PeerAddress>,
    /// The name that the person shows; empty if it shows none.
    pub profile_name: String,
    /// Whether the business wrote it, on its own phone.
    pub from_phone: bool,
    /// The finer kind.
    pub kind: MediaKind,
    /// The words.
    pub text: String,
    /// Its files.
    pub media: Vec<InboundMedia>,
    /// What the provider calls the message that it answers.
    pub quoted: Option<String>,
    /// What the provider said beyond these, as JSON.
    pub extra: Option<String>,
    /// When it was written, by the provider's clock.
    pub provider_time: Option<Timestamp>,
    /// Whether it waited on its way: with the provider while we were not connected, or in the bridge while the daemon did not
    /// answer. It stands where it was written; one that did not wait stands where it arrived.
    pub waited: bool,
    /// Whether it was written to our Twilio sender and so opens the 24 hours there.
    pub opens_twilio: bool,
    /// Whether it is from before the account was linked: it is kept, and is no news to anybody.
    pub history: bool,
}

impl InboundMessage {
    /// Whether it was written a while before it arrived.
    pub fn has_waited(&self) -> bool {
        self.waited || self.history
    }
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundMedia {
    /// Where the provider has it.
    pub url: String,
    /// Its type.
    pub mime: Option<String>,
    /// What its sender called it.
    pub file_name: Option<String>,
    /// Why it will never come, where that is known already.
    pub error: Option<String>,
}

/// Something that happened to a message after it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageNews {
    /// Who tells.
    pub provider: Provider,
    /// What the provider calls the message.
    pub provider_msg_id: String,
    /// Whose chat it is in: all names of the person that the provider tells; none if it tells none.
    pub peer: Vec<PeerAddress>,
    /// What happened.
    pub change: Change,
    /// Who did it.
    pub actor: Actor,
    /// What the provider calls the change itself; none if it does not say.
    pub event_id: Option<String>,
    /// When, as the provider says.
    pub at: Option<Timestamp>,
}

/// Who did something to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// Nobody: the provider reports.
    Provider,
    /// The person.
    Contact,
    /// The business, on its own phone.
    Phone,
}

impl Actor {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "",
            Self::Contact => "contact",
            Self::Phone => "phone",
        }
    }
}

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It came further, or the provider refused it after it had accepted it.
    Status(MessageStatus, Option<LateRefusal>),
    /// It has new words.
    Edit(String),
    /// Somebody put an emoji to it; an empty one takes it back.
    Reaction(String),
    /// Its writer took it back.
    Deletion,
}

/// What a provider's webhook says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// Somebody wrote.
    Message(InboundMessage),
    /// Something happened to a message.
    News(MessageNews),
    /// Nothing of ours: a group, a kind of event that needs nothing done. The word says what.
    Nothing(&'static str),
}

/// Why a webhook that is signed makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Odd(pub &'static str);
