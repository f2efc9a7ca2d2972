//! The common form of both providers' webhooks.

use super::{LateRefusal, MediaKind, MessageStatus, PeerAddress, Provider, Timestamp};
use serde::{Deserialize, Serialize};

/// A message from a provider: written by the contact, or on the business's own phone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate fact that a provider reports")]
pub struct InboundMessage {
    /// The provider.
    pub provider: Provider,
    /// The provider's id of the message.
    pub provider_msg_id: Option<String>,
    /// The contact, by every address in the webhook; the first one is the main one.
    pub peer: Vec<PeerAddress>,
    /// The contact's profile name; empty if there is none.
    pub profile_name: String,
    /// Whether the business wrote it, on its own phone.
    pub from_phone: bool,
    /// The kind of content.
    pub kind: MediaKind,
    /// The text.
    pub text: String,
    /// Its files.
    pub media: Vec<InboundMedia>,
    /// The provider's id of the quoted message.
    pub quoted: Option<String>,
    /// Further fields of the provider, as JSON.
    pub extra: Option<String>,
    /// When it was written, by the provider's clock.
    pub provider_time: Option<Timestamp>,
    /// Whether it was delayed: at the provider while the daemon was not connected, or in the bridge while the daemon
    /// did not answer. A delayed message is placed where it was written; any other where it arrived.
    pub waited: bool,
    /// Whether it was written to our Twilio sender and so opens the 24-hour window there.
    pub opens_twilio: bool,
    /// Whether it is from before the account was linked: it is stored without counting as unread.
    pub history: bool,
}

impl InboundMessage {
    /// Returns true if it was written a while before it arrived.
    pub fn is_delayed(&self) -> bool {
        self.waited || self.history
    }
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundMedia {
    /// The URL at the provider.
    pub url: String,
    /// Its type.
    pub mime: Option<String>,
    /// The sender's file name.
    pub file_name: Option<String>,
    /// Why it cannot be fetched, if that is known already.
    pub error: Option<String>,
}

/// An update to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdate {
    /// The provider that reports it.
    pub provider: Provider,
    /// The provider's id of the message.
    pub provider_msg_id: String,
    /// The contact of the chat, by all addresses that the provider reports; empty if it reports none.
    pub peer: Vec<PeerAddress>,
    /// The change.
    pub change: Change,
    /// The author of the change.
    pub actor: Actor,
    /// The provider's id of the change itself; none if it does not say.
    pub event_id: Option<String>,
    /// When, as the provider reports it.
    pub at: Option<Timestamp>,
}

/// The author of a change to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// No author: the provider reports a status.
    Provider,
    /// The contact.
    Contact,
    /// The business, on its own phone.
    Phone,
}

impl Actor {
    /// The stored value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "",
            Self::Contact => "contact",
            Self::Phone => "phone",
        }
    }
}

/// A change to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A new status; with the reason if the provider rejected the message after it had accepted it.
    Status(MessageStatus, Option<LateRefusal>),
    /// The message has a new text.
    Edit(String),
    /// An emoji reaction; an empty text removes it.
    Reaction(String),
    /// The author deleted it.
    Deletion,
}

/// The content of a provider's webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A message.
    Message(InboundMessage),
    /// An update to a message.
    Update(MessageUpdate),
    /// Ignored: a group, or a kind of event that has no effect. The text says which.
    Ignored(&'static str),
}

/// Why a signed webhook is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
