//! The send rate of the bridge, similar to a human's: WhatsApp blocks accounts that send like a machine, or to many new
//! contacts.

use crate::domain::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Messages per minute.
    pub per_minute: u32,
    /// New contacts per day, with no earlier message in either direction.
    pub new_chats_per_day: u32,
}

/// Calculates when the next message may be sent.
#[derive(Clone, Debug)]
pub struct Pacer {
    pace: Option<Pace>,
    // No more entries than the limits need, the oldest first.
    sent: VecDeque<Timestamp>,
    first_words: VecDeque<Timestamp>,
    pause_until: Option<Timestamp>,
}

impl Pacer {
    /// `pace` none means no limits. `sent` are the times of the messages of the last minute, `first_words` of the first
    /// messages to new contacts of the last day, both in ascending order.
    pub fn new(
        pace: Option<Pace>,
        sent: impl IntoIterator<Item = Timestamp>,
        first_words: impl IntoIterator<Item = Timestamp>,
    ) -> Self {
        let mut pacer = Self { pace, sent: VecDeque::new(), first_words: VecDeque::new(), pause_until: None };
        pacer.sent.extend(sent);
        pacer.first_words.extend(first_words);
        pacer.forget();
        pacer
    }

    /// Changes the limits; messages that were sent already count. Without limits before, counting starts now.
    pub fn set_pace(&mut self, pace: Option<Pace>) {
        self.pace = pace;
    }

    /// When a message may be sent; a time in the past means now.
    pub fn earliest(&self, to_stranger: bool) -> Option<Timestamp> {
        let pace = self.pace?;
        let minute = free_at(&self.sent, pace.per_minute, MINUTE);
        let day = free_at(&self.first_words, pace.new_chats_per_day, DAY).filter(|_| to_stranger);
        minute.max(day).max(self.pause_until)
    }

    /// Records that a message was sent. `chance`, from 0 to 1, varies the pause before the next one.
    pub fn note_sent(&mut self, to_stranger: bool, now: Timestamp, chance: f64) {
        let Some(pace) = self.pace else { return };
        self.sent.push_back(now);
        if to_stranger {
            self.first_words.push_back(now);
        }
        let mean = MINUTE / pace.per_minute.max(1);
        self.pause_until = Some(now.plus(mean.mul_f64(0.5 + chance.clamp(0.0, 1.0))));
        self.forget();
    }

    fn forget(&mut self) {
        let Some(pace) = self.pace else { return };
        for (times, limit) in [(&mut self.sent, pace.per_minute), (&mut self.first_words, pace.new_chats_per_day)] {
            let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
            times.drain(..times.len().saturating_sub(limit));
        }
    }
}

/// When the oldest of the last `limit` times leaves the `span`.
fn free_at(times: &VecDeque<Timestamp>, limit: u32, span: Duration) -> Option<Timestamp> {
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let oldest = times.len().checked_sub(limit).and_then(|at| times.get(at))?;
    Some(oldest.plus(span))
}

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACE: Pace = Pace { per_minute: 20, new_chats_per_day: 3 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + ms)
    }

    #[test]
    fn without_a_pace_nothing_waits() {
        let mut pacer = Pacer::new(None, [], []);
        for _ in 0..100 {
            assert_eq!(pacer.earliest(true), None);
            pacer.note_sent(true, at(0), 0.5);
        }
    }

    #[test]
    fn strangers_wait_for_tomorrow_and_acquaintances_do_not() {
        let mut pacer = Pacer::new(Some(PACE), [], [at(0), at(10)]);
        assert_eq!(pacer.earliest(true), None);
        pacer.note_sent(true, at(20), 0.0);
        assert_eq!(pacer.earliest(true), Some(at(0).plus(DAY)));
        assert_eq!(pacer.earliest(false), Some(at(20 + 1500)));
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_it_may(
            chances in proptest::collection::vec((0.0..1.0_f64, 0..5_000_i64), 1..200),
            before in 0..30_i64,
        ) {
            let mut pacer = Pacer::new(Some(PACE), (0..before).map(at), []);
            let mut sent: Vec<_> = (0..before).map(at).collect();
            let mut now = at(before);
            for (chance, idle) in chances {
                now = now.plus(Duration::from_millis(u64::try_from(idle).unwrap()));
                now = pacer.earliest(false).map_or(now, |earliest| earliest.max(now));
                pacer.note_sent(false, now, chance);
                sent.push(now);
            }
            for window in sent[usize::try_from(before).unwrap().saturating_sub(1)..].windows(21) {
                prop_assert!(window[20].since(window[0]) >= MINUTE);
            }
        }
    }
}
