//! What is special about the call of a rehearsal: its task reports the progress to the caller of the rehearsal.

use crate::call::{Activity, CallEvent, CallSession, TurnRecord};
use crate::domain::{EndReason, Speaker};
use crate::runtime::calls::{Rehearsal, RehearsalProgress};
use std::collections::BTreeMap;
use std::time::Instant;

pub(super) struct Rehearsed {
    rehearsal: Rehearsal,
    /// How many words the caller has heard of each finished turn of the agent, by the position of the turn.
    heard: BTreeMap<i64, usize>,
    progress: RehearsalProgress,
}

impl Rehearsed {
    pub(super) fn new(rehearsal: Rehearsal) -> Self {
        Self { rehearsal, heard: BTreeMap::new(), progress: RehearsalProgress::default() }
    }

    pub(super) fn turn(&mut self, turn: &TurnRecord) {
        if turn.speaker == Speaker::Agent {
            self.heard.insert(turn.seq, words(&turn.heard_text));
        }
    }

    pub(super) fn event(&mut self, event: &CallEvent) {
        if let CallEvent::EngineLost { engine, reason } = event {
            self.progress.failures.push((*engine, reason.clone()));
        }
    }

    pub(super) fn ended(&mut self, reason: EndReason) {
        self.progress.end = Some(reason);
    }

    pub(super) fn report(&mut self, session: &mut CallSession, now: Instant) {
        if session.is_over() {
            self.progress.is_listening = false;
        } else {
            let activity = session.activity(now);
            self.progress.is_connected |= activity != Activity::Connecting;
            self.progress.is_listening = activity == Activity::Listening;
            for turn in session.open_turns(now) {
                self.turn(&turn);
            }
        }
        self.progress.heard_words = self.heard.values().sum();
        self.rehearsal.report(&self.progress);
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}
