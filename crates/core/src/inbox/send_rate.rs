//! Limits the send rate of the bridge to that of a human. WhatsApp blocks accounts that send at a machine's rate, or to
//! many new contacts.

use crate::domain::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// The limits of the send rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendRate {
    /// The maximum number of messages per minute.
    pub per_minute: u32,
    /// The maximum number of messages per day to new contacts, which have no earlier message in either direction.
    pub new_chats_per_day: u32,
}

/// Calculates when the next message may be sent.
#[derive(Clone, Debug)]
pub struct SendPacer {
    rate: Option<SendRate>,
    // The send times that the limits need, the oldest first.
    sent: VecDeque<Timestamp>,
    new_chats: VecDeque<Timestamp>,
    pause_until: Option<Timestamp>,
}

impl SendPacer {
    /// Creates a pacer with the recent send times, both lists in ascending order. `rate`: the limits; none means no
    /// limits. `sent`: the messages of the last minute. `new_chats`: the first messages to new contacts of the last
    /// day.
    pub fn new(
        rate: Option<SendRate>,
        sent: impl IntoIterator<Item = Timestamp>,
        new_chats: impl IntoIterator<Item = Timestamp>,
    ) -> Self {
        let mut pacer = Self { rate, sent: VecDeque::new(), new_chats: VecDeque::new(), pause_until: None };
        pacer.sent.extend(sent);
        pacer.new_chats.extend(new_chats);
        pacer.trim();
        pacer
    }

    /// Changes the limits. Messages that were already sent count, unless there were no limits before.
    pub fn set_rate(&mut self, rate: Option<SendRate>) {
        self.rate = rate;
    }

    /// Returns when the next message may be sent; a time in the past means now, and none means no limits.
    pub fn earliest(&self, is_first_contact: bool) -> Option<Timestamp> {
        let rate = self.rate?;
        let minute = free_at(&self.sent, rate.per_minute, MINUTE);
        let day = free_at(&self.new_chats, rate.new_chats_per_day, DAY).filter(|_| is_first_contact);
        minute.max(day).max(self.pause_until)
    }

    /// Records that a message was sent. `chance`, from 0 to 1, varies the pause before the next message.
    pub fn record_sent(&mut self, is_first_contact: bool, now: Timestamp, chance: f64) {
        let Some(rate) = self.rate else { return };
        self.sent.push_back(now);
        if is_first_contact {
            self.new_chats.push_back(now);
        }
        let mean = MINUTE / rate.per_minute.max(1);
        self.pause_until = Some(now.plus(mean.mul_f64(0.5 + chance.clamp(0.0, 1.0))));
        self.trim();
    }

    fn trim(&mut self) {
        let Some(rate) = self.rate else { return };
        for (times, limit) in [(&mut self.sent, rate.per_minute), (&mut self.new_chats, rate.new_chats_per_day)] {
            let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
            times.drain(..times.len().saturating_sub(limit));
        }
    }
}

/// Returns when the oldest of the last `limit` times will be `span` ago; none if there are fewer times.
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

    const RATE: SendRate = SendRate { per_minute: 20, new_chats_per_day: 3 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + ms)
    }

    #[test]
    fn without_a_pace_nothing_waits() {
        let mut pacer = SendPacer::new(None, [], []);
        for _ in 0..100 {
            assert_eq!(pacer.earliest(true), None);
            pacer.record_sent(true, at(0), 0.5);
        }
    }

    #[test]
    fn new_contacts_wait_for_tomorrow_and_known_ones_do_not() {
        let mut pacer = SendPacer::new(Some(RATE), [], [at(0), at(10)]);
        assert_eq!(pacer.earliest(true), None);
        pacer.record_sent(true, at(20), 0.0);
        assert_eq!(pacer.earliest(true), Some(at(0).plus(DAY)));
        assert_eq!(pacer.earliest(false), Some(at(20 + 1500)));
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_it_may(
            chances in proptest::collection::vec((0.0..1.0_f64, 0..5_000_i64), 1..200),
            before in 0..30_i64,
        ) {
            let mut pacer = SendPacer::new(Some(RATE), (0..before).map(at), []);
            let mut sent: Vec<_> = (0..before).map(at).collect();
            let mut now = at(before);
            for (chance, idle) in chances {
                now = now.plus(Duration::from_millis(u64::try_from(idle).unwrap()));
                now = pacer.earliest(false).map_or(now, |earliest| earliest.max(now));
                pacer.record_sent(false, now, chance);
                sent.push(now);
            }
            for window in sent[usize::try_from(before).unwrap().saturating_sub(1)..].windows(21) {
                prop_assert!(window[20].since(window[0]) >= MINUTE);
            }
        }
    }
}
