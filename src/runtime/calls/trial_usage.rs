//! Counts the use of the AI by trial calls, which are not stored, but count towards the daily limits.

use crate::domain::{CallSid, Timestamp};
use crate::store::AiUsage;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long usage is kept. The limits apply to one calendar day, which is at most 25 hours long.
const KEPT: Duration = Duration::from_hours(26);

/// Clones share one state. It is kept in memory, so a restart resets it.
#[derive(Clone, Default)]
pub struct TrialUsage {
    /// Ordered by age, the oldest first.
    calls: Arc<Mutex<VecDeque<Used>>>,
}

struct Used {
    id: CallSid,
    began: Timestamp,
    ended: Option<Timestamp>,
    cost_micros: u64,
}

impl TrialUsage {
    pub fn add_to(&self, stored: AiUsage, since: Timestamp, now: Timestamp) -> AiUsage {
        let calls = self.calls();
        calls.iter().filter(|used| used.began >= since).fold(stored, |sum, used| AiUsage {
            seconds: sum.seconds + used.ended.unwrap_or(now).since(used.began).as_secs(),
            cost_micros: sum.cost_micros + used.cost_micros,
            ..sum
        })
    }

    pub(super) fn began(&self, id: &CallSid, now: Timestamp) {
        let mut calls = self.calls();
        while calls.front().is_some_and(|used| used.ended.is_some() && now.since(used.began) > KEPT) {
            calls.pop_front();
        }
        calls.push_back(Used { id: id.clone(), began: now, ended: None, cost_micros: 0 });
    }

    pub(in crate::runtime) fn add_cost(&self, id: &CallSid, micros: i64) {
        if let Some(used) = self.calls().iter_mut().rev().find(|used| used.id == *id) {
            used.cost_micros = used.cost_micros.saturating_add(u64::try_from(micros).unwrap_or(0));
        }
    }

    /// Other calls are ignored.
    pub(super) fn ended(&self, id: &CallSid, now: Timestamp) {
        if let Some(used) = self.calls().iter_mut().rev().find(|used| used.id == *id) {
            used.ended = Some(now);
        }
    }

    // A plain mutex is enough, because it is held only for a sum, never across an await.
    fn calls(&self) -> MutexGuard<'_, VecDeque<Used>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_calls_count_towards_the_day() {
        let (usage, at) = (TrialUsage::default(), |s: i64| Timestamp::from_millis(1_795_000_000_000 + s * 1000));
        let id = |n: u8| format!("CA{n:032x}").parse::<CallSid>().unwrap();
        let stored = AiUsage { calls_of_number: 3, seconds: 100, cost_micros: 1000, is_withheld: false };
        let sum = |since, now| {
            let AiUsage { calls_of_number, seconds, cost_micros, .. } = usage.add_to(stored, since, now);
            (calls_of_number, seconds, cost_micros)
        };
        usage.began(&id(1), at(0));
        usage.add_cost(&id(1), 500);
        usage.began(&id(2), at(10));
        usage.add_cost(&id(2), 7);
        usage.ended(&id(1), at(20));
        assert_eq!(sum(at(0), at(30)), (3, 100 + 20 + 20, 1507));
        assert_eq!(sum(at(5), at(30)), (3, 100 + 20, 1007), "the first call began before");
        usage.ended(&id(2), at(40));
        assert_eq!(sum(at(0), at(90)), (3, 100 + 20 + 30, 1507));
        usage.began(&id(3), at(27 * 3600));
        assert_eq!(sum(at(0), at(27 * 3600)), (3, 100, 1000), "old calls are forgotten");
    }
}
