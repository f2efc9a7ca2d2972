//! Ids. A number is a row of ours; a `…Sid` is Twilio's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

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
    ($($(#[$doc:meta])* $name:ident = $($prefix:literal)|+),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// An id that is in the database: its shape was checked when it came in.
            pub(crate) fn stored(text: &str) -> Self {
                Self(text.to_owned())
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

        impl FromStr for $name {
            type Err = NotASid;

            fn from_str(text: &str) -> Result<Self, NotASid> {
                let digits = None$(.or_else(|| text.strip_prefix($prefix)))+.ok_or(NotASid)?;
                let is_sid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if is_sid { Ok(Self(text.to_owned())) } else { Err(NotASid) }
            }
        }
    )+};
}

/// Two letters and 32 hexadecimal digits were expected. Twilio signs a form's names and values without anything between
/// them, so whoever has one signed form can move the borders: only the exact shape of an id shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id of Twilio's")]
pub struct NotASid;

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
    CallSid = "CA",
    /// Twilio's id of a media stream, `MZ…`.
    StreamSid = "MZ",
    /// Twilio's id of a message, `SM…` or `MM…`.
    MessageSid = "SM" | "MM",
    /// Twilio's id of a recording, `RE…`.
    RecordingSid = "RE",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_letters_and_32_hexadecimal_digits() {
        let digits = "0123456789abcdefABCDEF0123456789";
        assert_eq!(format!("CA{digits}").parse::<CallSid>().unwrap().as_str(), format!("CA{digits}"));
        assert!(["SM", "MM"].iter().all(|letters| format!("{letters}{digits}").parse::<MessageSid>().is_ok()));
        for text in
            ["", "CA", digits, &format!("RE{digits}"), &format!("CA{digits}CallStatusringing"), &format!(" CA{digits}")]
        {
            assert_eq!(text.parse::<CallSid>(), Err(NotASid), "{text:?}");
        }
        assert!(format!("CA{}", "g".repeat(32)).parse::<CallSid>().is_err());
    }
}
