//! What claims and deeds are about.

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
    pub(super) fn is_about_appointment(self) -> bool {
        matches!(self, Self::Booked | Self::Moved | Self::Cancelled | Self::Offered)
    }
}

/// Where something is in a call: milliseconds since the stream began, and then the order of the transcript.
pub(super) type Moment = (i64, usize);

/// The days and times of day that a sentence names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) days: Vec<SaidDay>,
    /// In minutes of a clock of twelve hours: a time with more than one reading (3:00 of 15:00) is taken as the one that fits.
    pub(super) times: Vec<u16>,
}

impl Named {
    pub(super) fn is_empty(&self) -> bool {
        self.days.is_empty() && self.times.is_empty()
    }

    /// Whether the sentence can be about this start.
    pub(super) fn fits(&self, (date, time): (Date, u16), today: Option<Date>) -> bool {
        let is_day = |day: &SaidDay| match (*day, today) {
            (SaidDay::Weekday(weekday), _) => date.weekday() == weekday,
            (day, Some(today)) => day.may_mean(date, today),
            (_, None) => true,
        };
        (self.times.is_empty() || self.times.contains(&time)) && (self.days.is_empty() || self.days.iter().any(is_day))
    }
}
