//! The engine's answers: one at a time, and what belongs to a cut one is not heard.

use super::{ResponseId, Wish};
use std::collections::VecDeque;

/// Cut answers that are remembered. An engine never has more than one or two open.
const KEEP: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Responses {
    active: Option<ResponseId>,
    cut: VecDeque<ResponseId>,
    /// An answer was asked for and the engine has not begun it yet.
    asked: bool,
    /// One more is wanted when the slot is free; several wishes are one.
    wanted: Option<Wish>,
}

impl Responses {
    /// Asks for an answer as soon as none is active. What is to be said wins over an answer of the engine's own.
    pub(super) fn want(&mut self, wish: Wish) {
        if self.wanted.is_none() || wish != Wish::Answer {
            self.wanted = Some(wish);
        }
    }

    /// The answer to ask the engine for now, if any.
    pub(super) fn poll_create(&mut self) -> Option<Wish> {
        if self.active.is_some() || self.asked {
            return None;
        }
        let wanted = self.wanted.take()?;
        self.asked = true;
        Some(wanted)
    }

    /// The engine began one.
    pub(super) fn started(&mut self, response: &ResponseId) {
        self.asked = false;
        self.active = Some(response.clone());
    }

    /// The engine ended one.
    pub(super) fn done(&mut self, response: &ResponseId) {
        self.asked = false;
        if self.active.as_ref() == Some(response) {
            self.active = None;
        }
    }

    /// The engine refused to begin one because it was busy: ask again when it is done.
    pub(super) fn refused(&mut self) {
        if std::mem::take(&mut self.asked) && self.wanted.is_none() {
            self.wanted = Some(Wish::Answer);
        }
    }

    /// Whatever still comes of the active one is not for the caller. Returns which one.
    pub(super) fn cut_active(&mut self) -> Option<ResponseId> {
        self.wanted = None;
        let response = self.active.clone()?;
        self.cut(&response);
        Some(response)
    }

    /// Whatever still comes of this one is not for the caller.
    pub(super) fn cut(&mut self, response: &ResponseId) {
        if !self.is_cut(response) {
            if self.cut.len() == KEEP {
                self.cut.pop_front();
            }
            self.cut.push_back(response.clone());
        }
    }

    pub(super) fn is_cut(&self, response: &ResponseId) -> bool {
        self.cut.contains(response)
    }

    /// Whether the engine is answering, or about to.
    pub(super) fn is_busy(&self) -> bool {
        self.active.is_some() || self.asked || self.wanted.is_some()
    }

    /// Whether the engine is answering now.
    pub(super) fn is_answering(&self) -> bool {
        self.active.is_some()
    }

    /// Nothing more is wanted.
    pub(super) fn want_nothing(&mut self) {
        self.wanted = None;
    }

    /// A new engine knows nothing of before; what was wanted stays wanted.
    pub(super) fn reset(&mut self) {
        let asked = self.asked || self.active.is_some();
        let wanted = self.wanted.take().or_else(|| asked.then_some(Wish::Answer));
        *self = Self { wanted, cut: std::mem::take(&mut self.cut), ..Self::default() };
    }
}
