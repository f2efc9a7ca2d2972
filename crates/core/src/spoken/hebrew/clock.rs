//! Conversion of times of day to words.

use super::lists::{Gender, List};
use super::numeral::cardinal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: u64,
    pub(super) minute: u64,
    pub(super) second: Option<u64>,
}

impl Clock {
    pub(super) fn new(hour: u64, minute: u64) -> Option<Self> {
        let is_valid = hour < 24 && minute < 60 || hour == 24 && minute == 0;
        is_valid.then_some(Self { hour, minute, second: None })
    }

    pub(super) fn is_midnight(self) -> bool {
        self.hour.is_multiple_of(24) && self.minute == 0 && self.second.is_none()
    }

    /// Returns true from noon to midnight.
    pub(super) fn is_afternoon(self) -> bool {
        (12..24).contains(&self.hour)
    }

    /// Returns the minutes since midnight.
    pub(super) fn minutes(self) -> u64 {
        self.hour % 24 * 60 + self.minute
    }

    /// Returns the time in words on a 12-hour clock, which is how times are spoken in Israel.
    pub(super) fn words(self) -> String {
        let (and, to) = (List::And.word(), List::To.word());
        if self.is_midnight() {
            return List::Midnight.word().to_owned();
        }
        let hour = |hour: u64| cardinal(if hour.is_multiple_of(12) { 12 } else { hour % 12 }, Gender::Feminine);
        let (this, next) = (hour(self.hour), hour(self.hour + 1));
        let masculine = |minutes| cardinal(minutes, Gender::Masculine);
        let mut said = match self.minute {
            0 => this,
            15 => format!("{this} {and}{}", List::Quarter.word()),
            30 => format!("{this} {and}{}", List::Half.word()),
            45 => format!("{} {to}{next}", List::Quarter.word()),
            minute @ (5 | 10 | 20) => format!("{this} {and}{}", masculine(minute)),
            minute @ (40 | 50 | 55) => format!("{} {to}{next}", masculine(60 - minute)),
            1 => format!("{this} {and}{}", List::Minute.word()),
            2 => format!("{this} {and}{} {}", List::FeminineTwo.word(), List::Minutes.word()),
            minute => format!("{this} {and}{} {}", cardinal(minute, Gender::Feminine), List::Minutes.word()),
        };
        if let Some(second) = self.second.filter(|second| *second > 0) {
            said = format!("{said} {and}{} {}", cardinal(second, Gender::Feminine), List::Seconds.word());
        }
        said
    }
}
