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
    /// The maximum number of messages per day to new contacts, who have not written and have no earlier message.
    pub new_chats_per_day: u32,
}

/// Calculates when the next message may be sent. A message counts from the start of its attempt; [`SendPacer::release`]
/// removes it again if the attempt has not sent it.
#[derive(Clone, Debug)]
pub struct SendPacer {
    rate: Option<SendRate>,
    // The messages that the limits need, the oldest first.
    sent: VecDeque<Sent>,
    new_chats: VecDeque<Sent>,
    last_slot: u64,
}

/// Identifies a message that counts towards the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u64);

#[derive(Clone, Copy, Debug)]
struct Sent {
    slot: Slot,
    at: Timestamp,
    /// How long the next message waits after this one.
    pause: Duration,
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
        let old = |at| Sent { slot: Slot(0), at, pause: Duration::ZERO };
        let (sent, new_chats) = (sent.into_iter().map(old).collect(), new_chats.into_iter().map(old).collect());
        let mut pacer = Self { rate, sent, new_chats, last_slot: 0 };
        pacer.trim();
        pacer
    }

    /// Changes the limits. Messages that were sent while there were no limits do not count.
    pub fn set_rate(&mut self, rate: Option<SendRate>) {
        self.rate = rate;
    }

    /// Returns when the next message may be sent; a time in the past or none means now. If the system clock was set
    /// back since a message was sent, the message counts as sent `now`, because its waiting time would otherwise
    /// include the step.
    pub fn earliest(&mut self, is_first_contact: bool, now: Timestamp) -> Option<Timestamp> {
        let rate = self.rate?;
        for sent in self.sent.iter_mut().chain(&mut self.new_chats) {
            sent.at = sent.at.min(now);
        }
        let pause = self.sent.back().map(|last| last.at.plus(last.pause));
        let minute = free_at(&self.sent, rate.per_minute, MINUTE);
        let day = free_at(&self.new_chats, rate.new_chats_per_day, DAY).filter(|_| is_first_contact);
        minute.max(day).max(pause)
    }

    /// Counts a message whose attempt starts now. `chance`, from 0 to 1, varies the pause before the next message.
    pub fn reserve(&mut self, is_first_contact: bool, now: Timestamp, chance: f64) -> Slot {
        self.last_slot += 1;
        let slot = Slot(self.last_slot);
        if let Some(rate) = self.rate {
            let pause = (MINUTE / rate.per_minute.max(1)).mul_f64(0.5 + chance.clamp(0.0, 1.0));
            let sent = Sent { slot, at: now, pause };
            self.sent.push_back(sent);
            if is_first_contact {
                self.new_chats.push_back(sent);
            }
            self.trim();
        }
        slot
    }

    /// Stops counting a message, because its attempt has certainly not sent it.
    pub fn release(&mut self, slot: Slot) {
        self.sent.retain(|sent| sent.slot != slot);
        self.new_chats.retain(|sent| sent.slot != slot);
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
fn free_at(times: &VecDeque<Sent>, limit: u32, span: Duration) -> Option<Timestamp> {
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let oldest = times.len().checked_sub(limit).and_then(|at| times.get(at))?;
    Some(oldest.at.plus(span))
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
            assert_eq!(pacer.earliest(true, at(0)), None);
            pacer.reserve(true, at(0), 0.5);
        }
    }

    #[test]
    fn new_contacts_wait_for_tomorrow_and_known_ones_do_not() {
        let mut pacer = SendPacer::new(Some(RATE), [], [at(0), at(10)]);
        assert_eq!(pacer.earliest(true, at(20)), None);
        pacer.reserve(true, at(20), 0.0);
        assert_eq!(pacer.earliest(true, at(20)), Some(at(0).plus(DAY)));
        assert_eq!(pacer.earliest(false, at(20)), Some(at(20 + 1500)));
    }

    #[test]
    fn a_message_that_was_not_sent_does_not_count() {
        let mut pacer = SendPacer::new(Some(RATE), [], [at(0), at(10)]);
        for attempt in 0..9 {
            let now = at(20 + attempt);
            assert_eq!(pacer.earliest(true, now), None, "attempt {attempt}");
            let slot = pacer.reserve(true, now, 0.5);
            assert_eq!(pacer.earliest(true, now), Some(at(0).plus(DAY)), "it counts while it runs");
            pacer.release(slot);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_prolong_a_wait() {
        let hour = Duration::from_hours(1);
        let mut pacer = SendPacer::new(Some(RATE), (0..20).map(at), [at(0), at(1), at(2)]);
        pacer.reserve(false, at(30), 1.0);
        let now = at(30).minus(hour);
        assert_eq!(pacer.earliest(false, now), Some(now.plus(MINUTE)));
        assert_eq!(pacer.earliest(true, now), Some(now.plus(DAY)));
        // A later call of `earliest` does not move the recorded send times again.
        let later = now.plus(MINUTE);
        assert_eq!(pacer.earliest(false, later), Some(later));
    }

    proptest! {
        #[test]
        fn no_minute_has_more_messages_than_the_rate_allows(
            chances in proptest::collection::vec((0.0..1.0_f64, 0..5_000_i64), 1..200),
            before in 0..30_i64,
        ) {
            let mut pacer = SendPacer::new(Some(RATE), (0..before).map(at), []);
            let mut sent: Vec<_> = (0..before).map(at).collect();
            let mut now = at(before);
            for (chance, idle) in chances {
                now = now.plus(Duration::from_millis(u64::try_from(idle).unwrap()));
                now = pacer.earliest(false, now).map_or(now, |earliest| earliest.max(now));
                pacer.reserve(false, now, chance);
                sent.push(now);
            }
            for window in sent[usize::try_from(before).unwrap().saturating_sub(1)..].windows(21) {
                prop_assert!(window[20].since(window[0]) >= MINUTE);
            }
        }
    }
}
