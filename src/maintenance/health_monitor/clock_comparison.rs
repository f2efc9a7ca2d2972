//! Schedules the comparisons of this machine's clock with another server's, and evaluates them.

use crate::domain::{Moment, Notice, Timestamp};
use crate::host::clock_check::{CLOCK_OFF, ClockReading};
use crate::host::clock_floor::ClockBehind;
use std::time::{Duration, Instant};

/// A comparison is due every six hours, when our clock was set, and when it starts or stops being behind a time that it
/// must have passed. While our clock is behind, comparisons are due after 1, 2, 4 … minutes. The delays grow because
/// the recorded time may be years in the future.
pub(super) struct ClockComparison {
    is_behind: bool,
    next: Instant,
    pause: Duration,
    /// The time at the last call of [`Self::is_due`].
    last: Option<Moment>,
    /// The server's last answer; `None` if it has not answered since [`Self::is_due`] detected a change.
    answer: Option<Answer>,
}

enum Answer {
    Right,
    Wrong(Notice),
}

impl ClockComparison {
    pub(super) fn new(now: Instant) -> Self {
        Self { is_behind: false, next: now, pause: MIN_PAUSE, last: None, answer: None }
    }

    /// `is_behind` states whether our clock is behind a time that it must have passed; `moment` is `now`, by which a
    /// step of our clock is detected.
    pub(super) fn is_due(&mut self, is_behind: bool, now: Instant, moment: Moment) -> bool {
        let was_set = self.last.is_some_and(|last| {
            let expected = last.wall.plus(moment.steady.saturating_sub(last.steady));
            moment.wall.since(expected).max(expected.since(moment.wall)) >= CLOCK_OFF
        });
        if is_behind != self.is_behind {
            *self = Self { is_behind, ..Self::new(now) };
        } else if was_set {
            (self.next, self.pause) = (now, MIN_PAUSE);
        }
        self.last = Some(moment);
        let is_due = now >= self.next;
        if is_due {
            self.next = now + if is_behind { self.pause } else { MAX_PAUSE };
            self.pause = (2 * self.pause).min(MAX_PAUSE);
        }
        is_due
    }

    pub(super) fn record(&mut self, reading: &ClockReading) {
        self.answer = Some(if reading.is_right() { Answer::Right } else { Answer::Wrong(reading.notice()) });
    }

    /// A recorded time in the future no longer counts once the server has answered: either it was recorded while the
    /// clock was ahead, or the answer shows how wrong the clock is now.
    pub(super) fn alert(&self, behind: Option<ClockBehind>, now: Timestamp) -> Option<Notice> {
        let counts = |behind: &ClockBehind| self.answer.is_none() || matches!(behind, ClockBehind::Build(_));
        behind.filter(counts).map(|behind| behind.notice(now)).or_else(|| match &self.answer {
            Some(Answer::Wrong(notice)) => Some(notice.clone()),
            Some(Answer::Right) | None => None,
        })
    }
}

const MIN_PAUSE: Duration = Duration::from_mins(1);
const MAX_PAUSE: Duration = Duration::from_hours(6);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn moment(minutes: u64) -> Moment {
        let steady = Duration::from_mins(minutes);
        Moment { wall: Timestamp::from_millis(1_800_000_000_000).plus(steady), steady }
    }

    fn due(comparison: &mut ClockComparison, now: Instant, is_behind: impl Fn(u64) -> bool) -> Vec<u64> {
        let at = |minute: &u64| now + Duration::from_mins(*minute);
        (0..24 * 60).filter(|minute| comparison.is_due(is_behind(*minute), at(minute), moment(*minute))).collect()
    }

    #[test]
    fn twilio_is_asked_every_six_hours_and_less_and_less_while_an_entry_is_in_the_future() {
        let now = clock::instant();
        let mut right = ClockComparison::new(now);
        assert_eq!(due(&mut right, now, |_| false), [0, 360, 720, 1080]);
        let mut behind = ClockComparison::new(now);
        let expected = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 871, 1231];
        assert_eq!(due(&mut behind, now, |_| true), expected);
        let mut set = ClockComparison::new(now);
        assert_eq!(due(&mut set, now, |minute| (5..10).contains(&minute)), [0, 5, 6, 8, 10, 370, 730, 1090]);
    }

    #[test]
    fn a_clock_that_was_set_is_compared_at_once() {
        let now = clock::instant();
        let mut comparison = ClockComparison::new(now);
        let ahead = |minutes| Moment { wall: moment(minutes).wall.plus(MAX_PAUSE * 1000), ..moment(minutes) };
        let times = [moment(0), moment(1), ahead(2), ahead(3), moment(4), moment(5)];
        let is_due = |time: Moment| comparison.is_due(false, now + time.steady, time);
        assert_eq!(times.map(is_due), [true, false, true, false, true, false]);
    }

    #[test]
    fn an_entry_in_the_future_is_no_alert_where_twilio_says_that_the_clock_is_right() {
        let (now, time) = (clock::instant(), clock::now());
        let future = Some(ClockBehind::NewestEntry(time.plus(MAX_PAUSE)));
        let reading = |ahead_ms| ClockReading { host: "api.twilio.com".to_owned(), ahead_ms };
        let mut comparison = ClockComparison::new(now);
        assert!(comparison.is_due(true, now, moment(0)) && comparison.alert(future, time).is_some());
        comparison.record(&reading(2_000));
        assert!(comparison.alert(future, time).is_none());
        assert!(comparison.alert(Some(ClockBehind::Build(time.plus(MAX_PAUSE))), time).is_some());
        comparison.record(&reading(-86_400_000));
        assert!(comparison.alert(future, time).is_some());
        // Once the clock is correct, the alert clears, and Twilio's clock is queried again.
        assert!(comparison.is_due(false, now, moment(0)) && comparison.alert(None, time).is_none());
    }
}
