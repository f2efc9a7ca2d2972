//! The outcome of sending a message through a provider.

use super::{Provider, StoredNotice, text_enum};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has accepted it, under this id.
    Sent {
        /// The provider's id; none if it did not say.
        provider_msg_id: Option<String>,
    },
    /// The provider has not accepted it.
    NotSent(NotSent, ProviderError),
    /// Unconfirmed: the provider may or may not have accepted it.
    Unconfirmed(ProviderError),
}

/// Why a provider has certainly not accepted a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// It is down: it refused the connection, or reported that it cannot send now.
    Down,
    /// It asks to retry after this time.
    Busy(Duration),
    /// It does not accept the credentials; it has not checked the message.
    Barred,
    /// It has checked the message and rejects it.
    Refused(Refusal),
}

text_enum! {
    /// The reach of a provider's rejection of a message, immediately or after it had accepted it.
    Refusal {
        /// Free text to this contact. The same message as a template may be accepted.
        FreeText = "free_text",
        /// The message in every form. Another provider may accept it.
        Message = "message",
        /// Every message to this contact, by any provider: the contact has blocked us or opted out.
        Contact = "contact",
        /// The message, by any provider: a user cancelled it.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// A route by which a message is not sent again.
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
    /// The route that is closed when `provider` rejects with `refusal`. A template that is rejected as free text counts
    /// as rejected in every form: the message is never sent twice in the same form.
    pub fn of(provider: Provider, template: bool, refusal: Refusal) -> Self {
        match (provider, refusal) {
            (Provider::Baileys, _) => Self::Baileys,
            (Provider::Twilio, Refusal::FreeText) if !template => Self::TwilioFreeText,
            (Provider::Twilio, _) => Self::Twilio,
        }
    }

    /// Returns true if it covers every route by the provider.
    pub fn is_all_of(self, provider: Provider) -> bool {
        matches!((self, provider), (Self::Baileys, Provider::Baileys) | (Self::Twilio, Provider::Twilio))
    }
}

/// Why a provider did not deliver a message that it had accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRefusal {
    /// What it rejects.
    pub refusal: Refusal,
    /// The error; `trouble` in stored JSON.
    #[serde(rename = "trouble")]
    pub provider_error: ProviderError,
}

/// An error of a provider: a code for programs and a notice for users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderError {
    /// The error code: a word, or the provider's number.
    pub code: String,
    /// What happened and what to do.
    // Earlier releases stored it under another name.
    #[serde(alias = "sentence")]
    pub notice: StoredNotice,
}

/// The result of a search of Twilio's list for an unconfirmed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// The message is listed, under this id.
    Found(String),
    /// The message is not listed.
    NotFound,
    /// The list could not be read.
    Unreachable(ProviderError),
}
