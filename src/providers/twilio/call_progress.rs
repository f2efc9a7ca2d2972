//! The progress of a call, as Twilio reports it in webhooks and in the REST API.

use crate::domain::text_enum;

text_enum! {
    /// The values of `CallStatus` and `DialCallStatus`. Twilio may add values, which do not parse.
    CallProgress {
        Queued = "queued",
        Initiated = "initiated",
        Ringing = "ringing",
        InProgress = "in-progress",
        /// A dialled call was answered; only `DialCallStatus` has this value.
        Answered = "answered",
        Completed = "completed",
        Busy = "busy",
        NoAnswer = "no-answer",
        /// The call was cancelled before it was answered.
        Canceled = "canceled",
        /// The call could not be connected.
        Failed = "failed",
    }
}

impl CallProgress {
    /// Parses a status; `None` for a status that is not known, and for an empty one.
    pub fn of(status: &str) -> Option<Self> {
        status.parse().ok()
    }

    pub const fn is_over(self) -> bool {
        match self {
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Canceled | Self::Failed => true,
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress | Self::Answered => false,
        }
    }
}
