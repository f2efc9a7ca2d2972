//! The follow-up actions of ended calls, for webhooks that arrive late.

use crate::call::StreamEndAction;
use crate::domain::CallSid;
use std::collections::{HashMap, VecDeque};

/// The number of ended calls whose follow-up action is kept.
const MAX_REMEMBERED: usize = 10_000;

/// The oldest entries are evicted.
///
/// The keys are numbers and not strings, to avoid heap fragmentation. A small allocation that outlives a call keeps
/// its entire memory page, although the call has freed everything else in it.
#[derive(Default)]
pub(super) struct EndedCalls {
    actions: HashMap<u128, StreamEndAction>,
    order: VecDeque<u128>,
}

impl EndedCalls {
    pub(super) fn get(&self, sid: &CallSid) -> Option<StreamEndAction> {
        self.actions.get(&sid.number()).copied()
    }

    pub(super) fn contains(&self, sid: &CallSid) -> bool {
        self.actions.contains_key(&sid.number())
    }

    pub(super) fn insert(&mut self, sid: &CallSid, action: StreamEndAction) {
        let number = sid.number();
        if self.actions.insert(number, action).is_some() {
            return;
        }
        self.order.push_back(number);
        if self.order.len() > MAX_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.actions.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(number: usize) -> CallSid {
        format!("CA{number:032x}").parse().unwrap()
    }

    #[test]
    fn the_last_calls_are_remembered() {
        let mut ended = EndedCalls::default();
        ended.insert(&sid(0), StreamEndAction::HangUp);
        ended.insert(&sid(0), StreamEndAction::Record);
        assert_eq!(ended.get(&sid(0)), Some(StreamEndAction::Record));
        for number in 1..=MAX_REMEMBERED {
            ended.insert(&sid(number), StreamEndAction::Transfer);
        }
        assert!(!ended.contains(&sid(0)), "the oldest is forgotten");
        assert!(ended.contains(&sid(1)));
        assert_eq!(ended.get(&sid(MAX_REMEMBERED)), Some(StreamEndAction::Transfer));
    }
}
