//! The engine's responses: one at a time; audio of a cancelled response is discarded.

use super::{ResponseId, Wish};
use std::collections::VecDeque;
use std::time::Instant;

/// How many cancelled responses are remembered. An engine never has more than one or two open.
const KEEP: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Responses {
    active: Option<Active>,
    cut: VecDeque<ResponseId>,
    /// What was requested and the engine has not started yet.
    asked: Option<Wish>,
    /// The next request, which waits for the current response; a later request replaces it or merges with it.
    wanted: Option<Wish>,
    /// The next request is not sent before this time.
    not_before: Option<Instant>,
    /// Counts the requested and the expected responses.
    requests: u32,
}

#[derive(Debug)]
struct Active {
    id: ResponseId,
    /// The pending request when the response started. It may be a different one, because the engine starts some
    /// responses by itself.
    wish: Option<Wish>,
}

impl Responses {
    /// Requests a response as soon as none is active. A request with instructions takes precedence over a plain reply.
    pub(super) fn want(&mut self, wish: Wish) {
        if self.wanted.is_none() || wish != Wish::Answer {
            self.wanted = Some(wish);
        }
    }

    /// The engine replies to the caller's last turn by itself; that reply also covers any pending request for a reply.
    pub(super) fn expect(&mut self) {
        self.asked.get_or_insert(Wish::Answer);
        self.requests = self.requests.wrapping_add(1);
        self.wanted = self.wanted.take().filter(|wish| *wish != Wish::Answer);
    }

    /// The request to send to the engine now, if any.
    pub(super) fn poll_create(&mut self, now: Instant) -> Option<Wish> {
        if self.active.is_some() || self.asked.is_some() || self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        self.asked = Some(self.wanted.take()?);
        self.not_before = None;
        self.requests = self.requests.wrapping_add(1);
        self.asked.clone()
    }

    /// Repeats a failed request after a pause.
    pub(super) fn retry(&mut self, wish: Wish, at: Instant) {
        self.want(wish);
        self.not_before = Some(at);
    }

    /// When the pending request may be sent.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.wanted.is_some())
    }

    /// A counter that distinguishes earlier requests from the current one.
    pub(super) fn requests(&self) -> u32 {
        self.requests
    }

    /// The engine started a response.
    pub(super) fn started(&mut self, response: &ResponseId) {
        self.active = Some(Active { id: response.clone(), wish: self.asked.take() });
    }

    /// The engine ended a response.
    pub(super) fn done(&mut self, response: &ResponseId) {
        if self.active.as_ref().is_none_or(|active| active.id == *response) {
            self.active = None;
        }
    }

    /// The engine rejected a request because a response was active. If that response is known, the request waits for
    /// its end; otherwise the request is returned.
    pub(super) fn refused(&mut self) -> Option<Wish> {
        let wish = self.asked.take().or_else(|| self.active.as_mut()?.wish.take())?;
        if self.active.is_none() {
            return Some(wish);
        }
        self.wanted.get_or_insert(wish);
        None
    }

    /// Cancels the active response: its further audio is discarded. Returns its id.
    pub(super) fn cut_active(&mut self) -> Option<ResponseId> {
        self.wanted = None;
        let response = self.active.as_ref()?.id.clone();
        self.cut(&response);
        Some(response)
    }

    /// Cancels this response: its further audio is discarded.
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

    /// Returns true while the engine responds, or is about to.
    pub(super) fn is_busy(&self) -> bool {
        self.active.is_some() || self.asked.is_some() || self.wanted.is_some()
    }

    /// Returns true while the engine owes a response, or the rest of one.
    pub(super) fn is_owed(&self) -> bool {
        self.active.is_some() || self.asked.is_some()
    }

    /// Returns true while a response is active.
    pub(super) fn is_answering(&self) -> bool {
        self.active.is_some()
    }

    /// Drops the pending request.
    pub(super) fn want_nothing(&mut self) {
        self.wanted = None;
    }

    /// A new engine starts without state; the reply that the caller waits for is requested from the new engine.
    pub(super) fn reset(&mut self) {
        let Self { active, cut, asked, wanted, requests, .. } = std::mem::take(self);
        let broken_off = active.filter(|active| !cut.contains(&active.id));
        let owed = broken_off.map(|active| active.wish.unwrap_or(Wish::Answer));
        *self = Self { wanted: wanted.or(asked).or(owed), cut, requests, ..Self::default() };
    }
}
