//! The agent's conduct so far, with which its next words are compared.

use super::{MAX_TURNS, Transcript, Turn};
use crate::call::ItemId;
use crate::domain::Speaker;
use crate::promise::{Conduct, Known};

impl Transcript {
    /// Returns what the agent has said and done, without the utterance `item`. None if it is not known, because the staff
    /// have taken part in the call or turns were dropped.
    pub(in crate::call) fn conduct(&self, known: &Known, item: &ItemId) -> Option<Conduct> {
        let is_of_staff = |turn: &Turn| matches!(turn.record.speaker, Speaker::System | Speaker::Employee);
        if self.turns.len() == MAX_TURNS || self.turns.iter().any(is_of_staff) {
            return None;
        }
        let mut conduct = known.conduct();
        for turn in self.turns.iter().filter(|turn| !turn.is(item) && !turn.is_running_tool()) {
            let time = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
            let record = &turn.record;
            conduct.add(record.speaker, turn.spoken(), (time(record.started_ms), record.ended_ms.map(time)));
        }
        Some(conduct)
    }
}

impl Turn {
    fn is_running_tool(&self) -> bool {
        self.record.speaker == Speaker::Tool && self.record.ended_ms.is_none()
    }
}
