//! The terms in which claims and actions are compared: promises, positions in a call, and starts of appointments.

use crate::domain::text_enum;
use jiff::civil::Date;

text_enum! {
    /// What an agent can promise.
    Promise {
        /// An appointment is booked.
        Booked = "booked",
        /// An appointment is moved.
        Moved = "moved",
        /// An appointment is cancelled.
        Cancelled = "cancelled",
        /// The caller is on the waiting list.
        Waiting = "waiting",
        /// A message is passed on, or the business calls back.
        PassedOn = "passed_on",
        /// Something is sent to the caller.
        Sent = "sent",
        /// A time is free.
        Offered = "offered",
        /// The caller is transferred to a person.
        Transferred = "transferred",
        /// The caller gets no more calls and messages.
        OptedOut = "opted_out",
    }
}

impl Promise {
    /// Returns the promise in words, for the daemon's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Booked => "that an appointment is booked",
            Self::Moved => "that an appointment is moved",
            Self::Cancelled => "that an appointment is cancelled",
            Self::Waiting => "that the caller is on the waiting list",
            Self::PassedOn => "that a message is passed on or the business calls back",
            Self::Sent => "that something is sent to the caller",
            Self::Offered => "that a time is free",
            Self::Transferred => "that the caller is transferred to a person",
            Self::OptedOut => "that the caller gets no more calls and messages",
        }
    }

    pub(super) fn is_about_appointment(self) -> bool {
        matches!(self, Self::Booked | Self::Moved | Self::Cancelled | Self::Offered)
    }
}

/// Which actions of the agent keep a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// Those of its kind.
    Kind,
    /// Those that store details of the caller.
    Details,
    /// Each action that changes or records something: "it is taken care of".
    Any,
    /// Those of the owner's tools: no built-in tool pays money back.
    OwnTool,
}

/// A position in a call: milliseconds since the call's first stream started, then the order in the transcript.
pub(super) type Moment = (i64, usize);

/// The start of an appointment: its day, and the minute of the day.
pub(super) type Start = (Date, u16);
