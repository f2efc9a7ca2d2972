//! The message clock: wall-clock time that does not go back when the system clock is set back by up to an hour, and the
//! conversion of the providers' times to it.

use crate::domain::{Moment, Provider, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Calculates the times of messages. The clock follows the wall clock, but does not stop or go back with it: after a
/// step back of at most an hour, it runs at half speed until the wall clock has caught up. The order of times is
/// therefore the order of moments. After a larger step back, the earlier times were wrong, and the clock follows at
/// once.
///
/// A provider's time is converted with the difference between the provider's clock and the monotonic clock, which is
/// never set. The difference is estimated from live messages: the smallest difference between a message's arrival and
/// the provider's time of the message is the difference of the clocks plus the shortest delay.
#[derive(Clone, Debug, Default)]
pub struct MessageClock {
    /// How far the wall clock was ahead of the monotonic clock at the last step, in ms.
    wall_ahead: i64,
    /// The mapping of monotonic time to message time, as segments by their start. Empty before the first reading.
    segments: VecDeque<Segment>,
    differences: BTreeMap<Provider, Differences>,
    /// True if a step has occurred since [`Self::take_steps`] last returned the steps.
    has_new_step: bool,
}

/// The known steps of the wall clock. They are valid while the monotonic clock runs: until the machine reboots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSteps {
    wall_ahead: i64,
    segments: VecDeque<Segment>,
}

/// A segment of the mapping: from monotonic time `steady` on, the message clock continues at `time`. Both in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Segment {
    steady: i64,
    time: i64,
    half_speed: bool,
}

impl MessageClock {
    /// Creates a clock that continues with the steps of a previous clock.
    pub fn resume(steps: ClockSteps) -> Self {
        let ClockSteps { wall_ahead, segments } = steps;
        Self { wall_ahead, segments, ..Self::default() }
    }

    /// Returns the steps of the wall clock if they changed since the last call. The first reading of a new clock counts
    /// as a change; that of a resumed clock only if the wall clock was set in between.
    /// The caller stores them, so that the next run detects whether the wall clock was set in between.
    pub fn take_steps(&mut self) -> Option<ClockSteps> {
        let steps = ClockSteps { wall_ahead: self.wall_ahead, segments: self.segments.clone() };
        std::mem::take(&mut self.has_new_step).then_some(steps)
    }

    /// Makes [`Self::take_steps`] return the steps again, for example after they could not be stored.
    pub fn keep_steps(&mut self) {
        self.has_new_step = true;
    }

    /// Returns the message time of this moment.
    pub fn read(&mut self, now: Moment) -> Timestamp {
        let (steady, wall) = (millis(now.steady), now.wall.as_millis());
        if self.segments.is_empty() || (wall - steady).abs_diff(self.wall_ahead) > MIN_STEP {
            self.step(steady, wall);
        }
        Timestamp::from_millis(self.time(steady))
    }

    /// Measures the difference of the clocks with a live message, which was written at `reported` by the provider's
    /// clock. A difference of more than a day is treated as an error and ignored.
    pub fn learn(&mut self, provider: Provider, reported: Timestamp, now: Moment) {
        self.read(now);
        if now.wall.as_millis().abs_diff(reported.as_millis()) > MAX_DIFFERENCE {
            return;
        }
        let steady = millis(now.steady);
        self.differences.entry(provider).or_default().add(steady, steady - reported.as_millis());
    }

    /// Adds a measurement from before the start: a message that was written at `reported` by the provider's clock has
    /// the message time `at`. The smallest of these differences is used until a live message arrives.
    pub fn assume(&mut self, provider: Provider, at: Timestamp, reported: Timestamp, now: Moment) {
        self.read(now);
        let difference = self.steady(at.as_millis()) - reported.as_millis();
        let assumed = &mut self.differences.entry(provider).or_default().assumed;
        *assumed = Some(assumed.map_or(difference, |known| known.min(difference)));
    }

    /// Converts the time `reported` of a provider's clock to message time. While no difference is known, the provider's
    /// clock is assumed to equal the wall clock.
    pub fn time_of(&mut self, provider: Provider, reported: Timestamp, now: Moment) -> Timestamp {
        self.read(now);
        let measured = self.differences.get(&provider).and_then(Differences::smallest);
        let difference = measured.unwrap_or(-self.wall_ahead);
        Timestamp::from_millis(self.time(reported.as_millis().saturating_add(difference)))
    }

    fn step(&mut self, steady: i64, wall: i64) {
        let is_first = self.segments.is_empty();
        self.has_new_step = true;
        let time = if is_first { wall } else { self.time(steady) };
        self.wall_ahead = wall - steady;
        self.segments.retain(|segment| segment.steady < steady);
        let lead = time - wall;
        if lead > 0 && lead <= MAX_LEAD {
            self.segments.push_back(Segment { steady, time, half_speed: true });
            self.segments.push_back(Segment { steady: steady + 2 * lead, time: time + lead, half_speed: false });
        } else {
            self.segments.push_back(Segment { steady, time: wall, half_speed: false });
        }
        while self.segments.len() > MAX_SEGMENTS {
            self.segments.pop_front();
        }
    }

    fn time(&self, steady: i64) -> i64 {
        let segment = self.segments.iter().rev().find(|segment| segment.steady <= steady).or(self.segments.front());
        segment.map_or(steady, |segment| {
            let since = steady - segment.steady;
            segment.time + if segment.half_speed { since / 2 } else { since }
        })
    }

    /// Returns the monotonic time at which the message clock showed `time`.
    fn steady(&self, time: i64) -> i64 {
        let segment = self.segments.iter().rev().find(|segment| segment.time <= time).or(self.segments.front());
        segment.map_or(time, |segment| {
            let since = time - segment.time;
            segment.steady + if segment.half_speed { since * 2 } else { since }
        })
    }
}

/// The differences between the monotonic clock and a provider's clock within [`WINDOW`].
#[derive(Clone, Debug, Default)]
struct Differences {
    /// Pairs of (time, difference), ordered by difference, the smallest first. Each pair is later than the previous
    /// pair.
    seen: VecDeque<(i64, i64)>,
    assumed: Option<i64>,
}

impl Differences {
    fn add(&mut self, at: i64, difference: i64) {
        while self.seen.back().is_some_and(|(_, last)| *last >= difference) {
            self.seen.pop_back();
        }
        self.seen.push_back((at, difference));
        while self.seen.len() > 1 && self.seen.front().is_some_and(|(seen, _)| at - seen > WINDOW) {
            self.seen.pop_front();
        }
    }

    fn smallest(&self) -> Option<i64> {
        self.seen.front().map(|(_, difference)| *difference).or(self.assumed)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A change of more than this, in ms, counts as a step. A smaller change can result from reading the two clocks one
/// after the other.
const MIN_STEP: u64 = 100;
/// The largest step back, in ms, that is compensated by half speed. After a larger step, the earlier times were wrong,
/// and the wall clock is used at once.
const MAX_LEAD: i64 = 3_600_000;
const MAX_DIFFERENCE: u64 = 86_400_000;
const MAX_SEGMENTS: usize = 32;
/// The age, in ms, at which a measured difference is dropped once a newer one is known: clocks drift apart by several
/// ms per hour.
const WINDOW: i64 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moment(steady: i64, wall: i64) -> Moment {
        Moment { wall: Timestamp::from_millis(wall), steady: Duration::from_millis(u64::try_from(steady).unwrap()) }
    }

    const EPOCH: i64 = 1_700_000_000_000;

    #[test]
    fn the_message_clock_follows_a_step_forward_at_once_and_one_back_at_half_speed() {
        let mut clock = MessageClock::default();
        let mut read = |steady, wall| clock.read(moment(steady, EPOCH + wall)).as_millis() - EPOCH;
        assert_eq!(read(1_000, 0), 0);
        assert_eq!(read(2_000, 1_000), 1_000);
        assert_eq!(read(3_000, 12_000), 12_000);
        assert_eq!(read(4_000, 3_000), 13_000);
        assert_eq!(read(6_000, 5_000), 14_000);
        assert_eq!(read(24_000, 23_000), 23_000);
        assert_eq!(read(25_000, 24_000), 24_000);
        assert_eq!(read(26_000, -7_200_000), -7_200_000);
    }

    #[test]
    fn a_message_written_before_a_clock_step_keeps_its_time() {
        let mut clock = MessageClock::default();
        clock.learn(Provider::Baileys, Timestamp::from_millis(EPOCH), moment(1_100, EPOCH + 11_100));
        clock.read(moment(60_000, EPOCH + 1_000_000));
        let reported = Timestamp::from_millis(EPOCH + 30_000);
        let time = clock.time_of(Provider::Baileys, reported, moment(70_000, EPOCH + 1_010_000));
        assert_eq!(time.as_millis(), EPOCH + 41_100);
        // No difference of the other provider's clock is known.
        let time = clock.time_of(
            Provider::Twilio,
            Timestamp::from_millis(EPOCH + 1_005_000),
            moment(70_000, EPOCH + 1_010_000),
        );
        assert_eq!(time.as_millis(), EPOCH + 1_005_000);
    }

    #[test]
    fn a_resumed_clock_knows_the_steps_before() {
        let mut clock = MessageClock::default();
        clock.learn(Provider::Baileys, Timestamp::from_millis(EPOCH), moment(1_000, EPOCH + 11_000));
        assert!(clock.take_steps().is_some(), "the next run can notice a step that happens in between");
        assert_eq!(clock.take_steps(), None);
        let stored = clock.read(moment(2_000, EPOCH + 12_000));
        // Set back by 10 s.
        clock.read(moment(3_000, EPOCH + 3_000));
        let steps = clock.take_steps().unwrap();
        assert_eq!(clock.take_steps(), None);
        let (text, now) = (serde_json::to_string(&steps).unwrap(), moment(5_000, EPOCH + 5_000));
        let mut resumed = MessageClock::resume(serde_json::from_str(&text).unwrap());
        assert_eq!(resumed.read(now), clock.read(now));
        resumed.assume(Provider::Baileys, stored, Timestamp::from_millis(EPOCH + 1_000), now);
        for reported in [500, 2_500, 4_000] {
            let reported = Timestamp::from_millis(EPOCH + reported);
            let time = resumed.time_of(Provider::Baileys, reported, now);
            assert_eq!(time, clock.time_of(Provider::Baileys, reported, now));
        }
        // The wall clock is set while no process reads it.
        let (mut later, now) = (MessageClock::resume(steps), moment(30_000, EPOCH + 90_000));
        assert_eq!(later.read(now), now.wall);
        assert!(later.take_steps().is_some());
    }

    #[test]
    fn the_smallest_difference_of_an_hour_counts_and_an_assumed_one_until_then() {
        let mut clock = MessageClock::default();
        let time_of = |clock: &mut MessageClock, steady: i64| {
            let now = moment(steady, EPOCH + steady);
            clock.time_of(Provider::Baileys, Timestamp::from_millis(EPOCH), now).as_millis() - EPOCH
        };
        for later in [300, 0, 200] {
            let at = Timestamp::from_millis(EPOCH - 20_000 + later);
            clock.assume(Provider::Baileys, at, Timestamp::from_millis(EPOCH - 31_000), moment(0, EPOCH));
        }
        assert_eq!(time_of(&mut clock, 10), 11_000);
        for (steady, late) in [(1_000, 900), (2_000, 300), (3_000, 700)] {
            clock.learn(
                Provider::Baileys,
                Timestamp::from_millis(EPOCH + steady - late),
                moment(steady, EPOCH + steady),
            );
            assert_eq!(time_of(&mut clock, steady), late.min(if steady > 2_000 { 300 } else { late }));
        }
        let later = 2_000 + WINDOW + 1;
        clock.learn(Provider::Baileys, Timestamp::from_millis(EPOCH + later - 800), moment(later, EPOCH + later));
        assert_eq!(time_of(&mut clock, later), 700);
    }

    proptest! {
        #[test]
        fn the_order_of_times_is_the_order_of_moments(
            steps in proptest::collection::vec((2_i64..20_000, -3_000_000_i64..3_000_000), 1..40)
        ) {
            let (mut clock, mut steady, mut wall, mut last) = (MessageClock::default(), 0, EPOCH, 0);
            for (passes, set) in steps {
                steady += passes;
                wall += passes;
                let time = clock.read(moment(steady, wall)).as_millis();
                prop_assert!(time > last, "{time} after {last}");
                last = time;
                // Several steps together may exceed the limit of the compensation.
                if (last - (wall + set)) <= MAX_LEAD {
                    wall += set;
                }
            }
        }
    }
}
