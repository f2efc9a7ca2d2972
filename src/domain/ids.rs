//! Ids. A number is a row of ours; a `…Sid` is Twilio's.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

macro_rules! sids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the vendor's text as it is; blanks around it are dropped.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(text.as_ref().trim().to_owned())
            }

            /// The vendor's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

row_ids! {
    /// The owner's shop. One row today.
    BusinessId,
    /// A person.
    ContactId,
    /// One way to reach a person.
    AddressId,
    /// All that was said with one person over one channel.
    ThreadId,
    /// One message.
    MessageId,
    /// One phone call.
    CallId,
    /// One uttering by one speaker in a call.
    TurnId,
    /// One sound file of a call.
    RecordingId,
    /// A message on its way out.
    OutboxId,
    /// Work to be done later.
    JobId,
    /// A raw webhook, kept as it came.
    JournalId,
    /// Someone who may log in.
    UserId,
    /// A bearer token for the API.
    TokenId,
}

impl BusinessId {
    /// The shop that a new box starts with.
    pub const FIRST: Self = Self(1);
}

sids! {
    /// Twilio's id of a call, `CA…`.
    CallSid,
    /// Twilio's id of a media stream, `MZ…`.
    StreamSid,
    /// Twilio's id of a message, `SM…` or `MM…`.
    MessageSid,
    /// Twilio's id of a recording, `RE…`.
    RecordingSid,
}
