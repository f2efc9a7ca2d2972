//! How handing a message to a provider ends.

use super::{Provider, text_enum};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it, under this id.
    Sent {
        /// The provider's id; none if it did not say.
        provider_msg_id: Option<String>,
    },
    /// The provider has it not.
    NotSent(NotSent, Trouble),
    /// Nobody knows.
    Doubtful(Trouble),
}

/// Why a provider has a message certainly not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// It is down: it refused the connection, or said that it cannot send now.
    Down,
    /// It wants us to wait.
    Busy(Duration),
    /// It does not let us in; it has not looked at the message.
    Barred,
    /// It has examined the message and refuses it.
    Refused(Refusal),
}

text_enum! {
    /// What a provider refuses when it refuses a message, at once or after it had accepted it.
    Refusal {
        /// Free text to this contact. The same message as a template may be accepted.
        FreeText = "free_text",
        /// The message in every form. Another provider may accept it.
        Message = "message",
        /// Every message to this contact, by any provider: the contact has blocked us or opted out.
        Contact = "contact",
        /// The message, by any provider: a person cancelled it.
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
    /// The route that `provider` closed with `refusal`. A template that is refused for being free text is refused in
    /// every form: the message is never sent twice in the same form.
    pub fn of(provider: Provider, template: bool, refusal: Refusal) -> Self {
        match (provider, refusal) {
            (Provider::Baileys, _) => Self::Baileys,
            (Provider::Twilio, Refusal::FreeText) if !template => Self::TwilioFreeText,
            (Provider::Twilio, _) => Self::Twilio,
        }
    }

    /// Whether it is every route by the provider.
    pub fn is_all_of(self, provider: Provider) -> bool {
        matches!((self, provider), (Self::Baileys, Provider::Baileys) | (Self::Twilio, Provider::Twilio))
    }
}

/// Why a provider did not deliver a message that it had accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRefusal {
    /// What it refuses.
    pub refusal: Refusal,
    /// Why.
    pub trouble: Trouble,
}

/// What went wrong: a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A word, or the provider's number of the error.
    pub code: String,
    /// What happened and what to do.
    pub sentence: String,
}

/// What Twilio's list says of an attempt in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// It is there, under this id.
    Found(String),
    /// It is not there.
    NotFound,
    /// The list could not be read.
    Unreachable(Trouble),
}
