//! The engine's answers: one at a time, and what belongs to a cut one is not heard.

use super::{ResponseId, Wish};
use std::collections::VecDeque;

/// Cut answers that are remembered. An engine never has more than one or two open.
const KEEP: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Responses {
    active: Option<Active>,
    cut: VecDeque<ResponseId>,
    /// What was asked for and the engine has not begun yet.
    asked: Option<Wish>,
    /// One more is wanted when the slot is free; several wishes are one.
    wanted: Option<Wish>,
}

#[derive(Debug)]
struct Active {
    id: ResponseId,
    /// What had been asked for when it began. It may be another one: the engine begins some by itself.
    wish: Option<Wish>,
}

impl Responses {
    /// Asks for an answer as soon as none is active. What is to be said wins over an answer of the engine's own.
    pub(super) fn want(&mut self, wish: Wish) {
        if self.wanted.is_none() || wish != Wish::Answer {
            self.wanted = Some(wish);
        }
    }

    /// The engine answers by itself what the caller has just said, and with it whatever else waited for an answer.
    pub(super) fn expect(&mut self) {
        self.asked.get_or_insert(Wish::Answer);
        self.wanted = self.wanted.take().filter(|wish| *wish != Wish::Answer);
    }

    /// The answer to ask the engine for now, if any.
    pub(super) fn poll_create(&mut self) -> Option<Wish> {
        if self.active.is_some() || self.asked.is_some() {
            return None;
        }
        self.asked = self.wanted.take();
        self.asked.clone()
    }

    /// The engine began one.
    pub(super) fn started(&mut self, response: &ResponseId) {
        self.active = Some(Active { id: response.clone(), wish: self.asked.take() });
    }

    /// The engine ended one.
    pub(super) fn done(&mut self, response: &ResponseId) {
        if self.active.as_ref().is_none_or(|active| active.id == *response) {
            self.active = None;
        }
    }

    /// The engine refused to begin one because it was busy, perhaps with one of its own: ask again when it is done.
    pub(super) fn refused(&mut self) {
        let wish = self.asked.take().or_else(|| self.active.as_mut()?.wish.take());
        self.wanted = self.wanted.take().or(wish);
    }

    /// Whatever still comes of the active one is not for the caller. Returns which one.
    pub(super) fn cut_active(&mut self) -> Option<ResponseId> {
        self.wanted = None;
        let response = self.active.as_ref()?.id.clone();
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
        self.active.is_some() || self.asked.is_some() || self.wanted.is_some()
    }

    /// Whether the engine owes an answer that it has not begun.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether the engine is answering now.
    pub(super) fn is_answering(&self) -> bool {
        self.active.is_some()
    }

    /// Nothing more is wanted.
    pub(super) fn want_nothing(&mut self) {
        self.wanted = None;
    }

    /// A new engine knows nothing of before; what the caller was owed is wanted of the new one.
    pub(super) fn reset(&mut self) {
        let Self { active, cut, asked, wanted } = std::mem::take(self);
        let broken_off = active.filter(|active| !cut.contains(&active.id));
        let owed = broken_off.map(|active| active.wish.unwrap_or(Wish::Answer));
        *self = Self { wanted: wanted.or(asked).or(owed), cut, ..Self::default() };
    }
}
