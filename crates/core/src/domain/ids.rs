//! Typed ids. An `…Id` is the number of a database row; a `…Sid` is an id that Twilio assigned.

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

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
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
            /// Wraps an id from the database without a check, because its format was checked when it was received.
            pub fn stored(text: &str) -> Self {
                Self(text.to_owned())
            }

            /// Returns the id as text.
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
            type Err = InvalidSid;

            fn from_str(text: &str) -> Result<Self, InvalidSid> {
                let digits = None$(.or_else(|| text.strip_prefix($prefix)))+.ok_or(InvalidSid)?;
                let is_sid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if is_sid { Ok(Self(text.to_owned())) } else { Err(InvalidSid) }
            }
        }
    )+};
}

/// The error for a text that is not a Twilio id. Such an id consists of two letters and 32 hexadecimal digits. The
/// strict check prevents forgeries. Twilio signs the names and values of a form without separators, so an attacker who
/// has a signed form can move characters between its names and values without invalidating the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Twilio id")]
pub struct InvalidSid;

row_ids! {
    /// A row of `businesses`. The database currently contains exactly one.
    BusinessId,
    /// A row of `contacts`: a person or a company with whom the business communicates.
    ContactId,
    /// A row of `addresses`: a phone number or another address of a contact.
    AddressId,
    /// A thread: the conversation with one contact over one channel.
    ThreadId,
    /// A row of `messages`: a WhatsApp message in either direction.
    MessageId,
    /// A row of `calls`: a phone call, also by WhatsApp.
    CallId,
    /// A row of `call_turns`: an entry of the transcript of a call.
    TurnId,
    /// A row of `recordings`: a recording of a call.
    RecordingId,
    /// An outbound message in the outbox.
    OutboxId,
    /// A row of `jobs`: background work that is retried until it succeeds or is given up.
    JobId,
    /// A row of `users`: an account that can log in.
    UserId,
    /// A bearer token of the API.
    TokenId,
    /// A service that can be booked.
    ServiceId,
    /// A member of the staff or a room that provides services.
    ResourceId,
    /// A time in which the business or a resource is closed.
    ClosureId,
    /// A row of `appointments`: an appointment of a contact.
    AppointmentId,
    /// A contact's entry in the waiting list.
    WaitingId,
    /// A row of `facts`: a fact about the business.
    FactId,
    /// A question that the agent could not answer.
    GapId,
    /// A tool of the agent that the owner defined.
    AgentToolId,
    /// A row of `contact_notes`: a note about a contact.
    NoteId,
    /// A row of `tags`, which group contacts.
    TagId,
    /// A field that the business defined for its contacts.
    FieldId,
    /// A row of `tasks`: work of the business's users.
    TaskId,
    /// A row of `leads`: a possible sale.
    LeadId,
    /// A row of `lead_stages`: a stage of the progress of leads.
    StageId,
}

impl BusinessId {
    /// The business that a new database contains.
    pub const FIRST: Self = Self(1);
}

impl CallSid {
    /// Returns the digits of the id as a number, which takes less memory in large collections. Two parsed ids have the
    /// same number only if they are equal or differ only in the case of their letters. For a malformed id from
    /// `stored`, the number is 0.
    pub fn number(&self) -> u128 {
        self.0.get(2..).and_then(|digits| u128::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }
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
            assert_eq!(text.parse::<CallSid>(), Err(InvalidSid), "{text:?}");
        }
        assert!(format!("CA{}", "g".repeat(32)).parse::<CallSid>().is_err());
    }
}
