//! The last known use of the AI. The daily limits are checked against it while the database does not answer.

use crate::domain::Timestamp;
use crate::store::AiUsage;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Clones share one state. It is kept in memory, so a restart forgets it.
#[derive(Clone, Default)]
pub struct KnownUsage {
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    /// The start of the day; `None` until the database has answered once.
    day: Option<Timestamp>,
    usage: AiUsage,
    /// Duration in milliseconds of the calls that have ended since the database answered.
    more_ms: u64,
}

impl KnownUsage {
    /// Returns the value unchanged.
    pub fn observe(&self, stored: AiUsage, day: Timestamp) -> AiUsage {
        // Values that concern one phone number do not apply to other calls.
        let usage = AiUsage { calls_of_number: 0, is_withheld: false, ..stored };
        *self.known() = Known { day: Some(day), usage, more_ms: 0 };
        stored
    }

    /// A call that was active when the database answered is added with its whole duration. Returns no usage if the
    /// database has not answered on this day.
    pub fn last(&self, day: Timestamp) -> AiUsage {
        let known = self.known();
        if known.day == Some(day) {
            AiUsage { seconds: known.usage.seconds + known.more_ms / 1000, ..known.usage }
        } else {
            AiUsage::default()
        }
    }

    pub(super) fn add_time(&self, time: Duration) {
        let mut known = self.known();
        known.more_ms = known.more_ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    }

    pub(in crate::runtime) fn add_cost(&self, micros: i64) {
        let (mut known, micros) = (self.known(), u64::try_from(micros).unwrap_or(0));
        known.usage.cost_micros = known.usage.cost_micros.saturating_add(micros);
    }

    // A plain mutex is enough, because it is held only for a sum, never across an await.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_a_day_hold_without_a_database() {
        let (known, day) = (KnownUsage::default(), Timestamp::from_millis(1_795_000_000_000));
        assert_eq!(known.last(day), AiUsage::default());
        let stored = AiUsage { calls_of_number: 3, is_withheld: true, seconds: 100, cost_micros: 1000 };
        assert_eq!(known.observe(stored, day), stored);
        known.add_cost(7);
        known.add_time(Duration::from_millis(1500));
        known.add_time(Duration::from_millis(600));
        assert_eq!(known.last(day), AiUsage { seconds: 102, cost_micros: 1007, ..AiUsage::default() });
        assert_eq!(known.last(day.plus(Duration::from_hours(24))), AiUsage::default(), "another day");
        known.observe(stored, day);
        assert_eq!(known.last(day), AiUsage { seconds: 100, cost_micros: 1000, ..AiUsage::default() });
    }
}
