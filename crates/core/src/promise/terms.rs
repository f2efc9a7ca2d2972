//! The terms in which claims and actions are compared: promises, positions in a call, and days with times of day.

use crate::domain::text_enum;
use crate::spoken::SaidDay;
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
        }
    }

    pub(super) fn is_about_appointment(self) -> bool {
        matches!(self, Self::Booked | Self::Moved | Self::Cancelled | Self::Offered)
    }
}

/// A position in a call: milliseconds since the call's first stream started, then the order in the transcript.
pub(super) type Moment = (i64, usize);

/// The days and times of day that a sentence names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) days: Vec<SaidDay>,
    /// The times in minutes on a 12-hour clock, because a spoken time such as "at three" may mean 3:00 or 15:00.
    pub(super) times: Vec<u16>,
}

impl Named {
    pub(super) fn is_empty(&self) -> bool {
        self.days.is_empty() && self.times.is_empty()
    }

    /// Returns true if the sentence can refer to this start time.
    pub(super) fn fits(&self, (date, time): (Date, u16), today: Option<Date>) -> bool {
        let is_day = |day: &SaidDay| match (*day, today) {
            (SaidDay::Weekday(weekday), _) => date.weekday() == weekday,
            (day, Some(today)) => day.may_mean(date, today),
            (_, None) => true,
        };
        (self.times.is_empty() || self.times.contains(&time)) && (self.days.is_empty() || self.days.iter().any(is_day))
    }
}
