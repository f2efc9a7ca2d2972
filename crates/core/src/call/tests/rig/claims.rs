//! The false claims of the simulated engine, which the session must stop.

use super::Rig;
use crate::call::{EngineKind, ItemId, ResponseId, TurnRecord};
use crate::domain::Speaker;
use std::collections::BTreeSet;

/// What the rig knows about the texts of the simulated engine.
#[derive(Default)]
pub(super) struct Claims {
    /// The response of the last text.
    pub(super) response: Option<u8>,
    /// The utterances whose text is complete.
    complete: BTreeSet<ItemId>,
    /// The response that the engine started last while it was ready. The session does not report to an engine that is
    /// not ready that a response is cancelled.
    started: Option<u8>,
    /// The response that consists of a built-in sentence, which is not checked.
    replacement: Option<u8>,
    /// True if such a response was requested and has not started.
    pub(super) is_replacement_asked: bool,
}

impl Claims {
    pub(super) fn response_started(&mut self, response: u8, is_ready: bool) {
        self.started = is_ready.then_some(response);
        if std::mem::take(&mut self.is_replacement_asked) {
            self.replacement = Some(response);
        }
    }

    pub(super) fn text(&mut self, response: &ResponseId, item: &ItemId, is_final: bool) {
        self.response = response.parse().ok();
        if is_final {
            self.complete.insert(item.clone());
        }
    }
}

impl Rig {
    /// Returns true if the session must stop this response when text with a false claim arrives for the utterance.
    pub(in crate::call::tests) fn must_stop_claim(&self, response: u8, item: &str) -> bool {
        let is_of_staff = |turn: &TurnRecord| matches!(turn.speaker, Speaker::System | Speaker::Employee);
        self.observed.opened.last() == Some(&EngineKind::Realtime)
            && self.claims.started == Some(response)
            && !self.session.is_over()
            && !self.is_silenced(response)
            && self.claims.replacement != Some(response)
            && !self.claims.complete.contains(item)
            && !self.observed.turns.values().any(is_of_staff)
    }
}
