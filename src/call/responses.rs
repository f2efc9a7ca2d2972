//! The engine's answers: one at a time, and what belongs to a cut one is not heard.

use super::{ResponseId, Wish};
use std::collections::VecDeque;
use std::time::Instant;

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
    /// It is not asked for before.
    not_before: Option<Instant>,
    /// Counts what was asked for or expected.
    requests: u32,
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
        self.requests = self.requests.wrapping_add(1);
        self.wanted = self.wanted.take().filter(|wish| *wish != Wish::Answer);
    }

    /// The answer to ask the engine for now, if any.
    pub(super) fn poll_create(&mut self, now: Instant) -> Option<Wish> {
        if self.active.is_some() || self.asked.is_some() || self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        self.asked = Some(self.wanted.take()?);
        self.not_before = None;
        self.requests = self.requests.wrapping_add(1);
        self.asked.clone()
    }

    /// Asks once more for what has failed, after a pause.
    pub(super) fn retry(&mut self, wish: Wish, at: Instant) {
        self.want(wish);
        self.not_before = Some(at);
    }

    /// When what is wanted may be asked for.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.wanted.is_some())
    }

    /// Tells apart what the engine was asked for before from what it is asked for now.
    pub(super) fn requests(&self) -> u32 {
        self.requests
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

    /// The engine refused to begin one because it was busy. If it is known with what, this waits for its end; else what
    /// was asked for is given back.
    pub(super) fn refused(&mut self) -> Option<Wish> {
        let wish = self.asked.take().or_else(|| self.active.as_mut()?.wish.take())?;
        if self.active.is_none() {
            return Some(wish);
        }
        self.wanted.get_or_insert(wish);
        None
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

    /// Whether the engine owes an answer, or the rest of one.
    pub(super) fn is_owed(&self) -> bool {
        self.active.is_some() || self.asked.is_some()
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
        let Self { active, cut, asked, wanted, requests, .. } = std::mem::take(self);
        let broken_off = active.filter(|active| !cut.contains(&active.id));
        let owed = broken_off.map(|active| active.wish.unwrap_or(Wish::Answer));
        *self = Self { wanted: wanted.or(asked).or(owed), cut, requests, ..Self::default() };
    }
}
