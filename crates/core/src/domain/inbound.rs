//! The common form into which the webhooks of both providers are parsed.

use super::{LateRefusal, MediaKind, MessageStatus, OptOutChoice, PeerAddress, Provider, Timestamp};
use serde::{Deserialize, Serialize};

/// A message that a provider reports: from the contact, or sent from the business's own phone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate fact that a provider reports")]
pub struct InboundMessage {
    /// The provider that reports the message.
    pub provider: Provider,
    /// The provider's id of the message.
    pub provider_msg_id: Option<String>,
    /// All addresses of the contact in the webhook; the first is the main address.
    pub peer: Vec<PeerAddress>,
    /// The contact's profile name; empty if there is none.
    pub profile_name: String,
    /// Whether the business sent the message from its own phone.
    pub from_phone: bool,
    /// The kind of the content, such as an image.
    pub kind: MediaKind,
    /// The text or the caption of the file; may be empty.
    pub text: String,
    /// The files, which must be fetched from the provider.
    pub media: Vec<InboundMedia>,
    /// The provider's id of the quoted message.
    pub quoted: Option<String>,
    /// Further fields of the provider, as JSON.
    pub extra: Option<String>,
    /// When the message was written, by the provider's clock.
    pub provider_time: Option<Timestamp>,
    /// Whether delivery was delayed: by the provider while the daemon was not connected, or by the bridge while the
    /// daemon did not answer.
    pub waited: bool,
    /// Whether the message was sent to the business's Twilio sender, so that it opens Twilio's 24-hour reply window.
    pub opens_twilio: bool,
    /// Whether the message was written before the account was linked. Such a message is not counted as unread.
    pub history: bool,
    /// The choice that the provider itself has recognised in the message and answered.
    pub provider_opt_out: Option<OptOutChoice>,
}

impl InboundMessage {
    /// Returns true if the message arrived long after it was written.
    pub fn is_delayed(&self) -> bool {
        self.waited || self.history
    }
}

/// A file of an inbound message, before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundMedia {
    /// The URL at the provider, from which the file is fetched.
    pub url: String,
    /// The MIME type that the provider states.
    pub mime: Option<String>,
    /// The sender's file name.
    pub file_name: Option<String>,
    /// The reason why the file cannot be fetched; none if it may be available.
    pub error: Option<String>,
}

/// A provider's update to an earlier message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdate {
    /// The provider that reports the update.
    pub provider: Provider,
    /// The provider's id of the message.
    pub provider_msg_id: String,
    /// All addresses of the chat's contact that the provider reports; may be empty.
    pub peer: Vec<PeerAddress>,
    /// What changed: the status, the text, a reaction, or a deletion.
    pub change: Change,
    /// The author of the change.
    pub actor: Actor,
    /// The provider's id of the change; none if the provider does not report it.
    pub event_id: Option<String>,
    /// The provider's time of the change.
    pub at: Option<Timestamp>,
}

/// The author of a change to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// The provider, which reports a status.
    Provider,
    /// The contact.
    Contact,
    /// The business, on its own phone.
    Phone,
}

impl Actor {
    /// Returns the stored value.
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
    /// A new status. The second field is present if the provider rejected the message after it had accepted it.
    Status(MessageStatus, Option<LateRefusal>),
    /// The new text of an edited message.
    Edit(String),
    /// An emoji reaction; an empty text removes the author's earlier reaction.
    Reaction(String),
    /// The author deleted the message.
    Deletion,
}

/// The content of a provider's webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A new message.
    Message(InboundMessage),
    /// An update to a message.
    Update(MessageUpdate),
    /// An event that is ignored, such as a group message. The text gives the reason.
    Ignored(&'static str),
}

/// The reason why a webhook with a valid signature cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
