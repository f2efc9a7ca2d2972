//! How handing a message to a provider ends.

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
    /// It has looked at the message and refuses it.
    Refused,
    /// The person does not want to hear from us, by whatever way.
    OptedOut,
}

/// What went wrong: a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
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
