//! The outcome of sending a message through a provider.

use super::{Provider, StoredNotice, text_enum};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has accepted the message.
    Sent {
        /// The provider's id of the message; none if the provider did not report it.
        provider_msg_id: Option<String>,
    },
    /// The provider has not accepted the message.
    NotSent(NotSent, ProviderError),
    /// It is unknown whether the provider has accepted the message, for example after a timeout.
    Unconfirmed(ProviderError),
}

/// Why a provider has certainly not accepted a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The provider refused the connection, or reported that it cannot send now.
    Down,
    /// The provider is over its rate limit and asks for a retry after this time.
    Busy(Duration),
    /// The provider does not accept the credentials. It has not checked the message.
    Barred,
    /// The message cannot be given to the provider: the provider is not set up, or the recipient no longer has the
    /// address. The provider has not checked the message.
    Unable,
    /// The message's file cannot be fetched now. The provider itself can send.
    NoFile,
    /// The provider has checked the message and rejects it.
    Refused(Refusal),
}

text_enum! {
    /// The scope of a provider's rejection of a message. A provider can reject a message when it is sent, or after it
    /// has accepted the message.
    Refusal {
        /// Free text to this contact. The same message as a template may be accepted.
        FreeText = "free_text",
        /// The message in every form. Another provider may accept it.
        Message = "message",
        /// Every message to this contact, by any provider: the contact has blocked the business or opted out.
        Contact = "contact",
        /// The message, by any provider: a user cancelled it.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// A route that rejected a message, so that the message is not sent by this route again.
    RefusedRoute {
        /// The bridge.
        Baileys = "baileys",
        /// Twilio, in every form.
        Twilio = "twilio",
        /// Twilio, as free text.
        TwilioFreeText = "twilio_free_text",
    }
}

impl RefusedRoute {
    /// Returns the route that becomes unavailable when `provider` rejects a message with `refusal`. If Twilio rejects a
    /// template as free text, all of Twilio becomes unavailable, so that the same template is not sent twice.
    pub fn of(provider: Provider, template: bool, refusal: Refusal) -> Self {
        match (provider, refusal) {
            (Provider::Baileys, _) => Self::Baileys,
            (Provider::Twilio, Refusal::FreeText) if !template => Self::TwilioFreeText,
            (Provider::Twilio, _) => Self::Twilio,
        }
    }

    /// Returns true if the rejection covers every route of the provider.
    pub fn is_all_of(self, provider: Provider) -> bool {
        matches!((self, provider), (Self::Baileys, Provider::Baileys) | (Self::Twilio, Provider::Twilio))
    }
}

/// Why a provider did not deliver a message: the provider rejected the message, at once or after it had accepted it, or
/// the message could not be given to the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRefusal {
    /// The scope of the rejection.
    pub refusal: Refusal,
    /// The error. Its name in stored JSON is `trouble`.
    #[serde(rename = "trouble")]
    pub provider_error: ProviderError,
}

/// An error of a provider: a code for programs and a notice for users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderError {
    /// The error code: a word, or the provider's number.
    pub code: String,
    /// What happened and what to do.
    // Earlier releases stored the notice under the name `sentence`.
    #[serde(alias = "sentence")]
    pub notice: StoredNotice,
}

/// The result of a search for an unconfirmed message in Twilio's message list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// The message is listed, under this id.
    Found(String),
    /// The message is not listed.
    NotFound,
    /// The list could not be read.
    Unreachable(ProviderError),
}
