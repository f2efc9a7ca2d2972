//! The engine's responses: one at a time; audio of a cancelled response is discarded.

use super::{ResponseId, ResponseRequest};
use std::collections::VecDeque;
use std::time::Instant;

/// How many cancelled responses are remembered. An engine never has more than one or two open.
const MAX_CANCELLED: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Responses {
    active: Option<Active>,
    cancelled: VecDeque<ResponseId>,
    /// What was requested and the engine has not started yet.
    in_flight: Option<ResponseRequest>,
    /// What is in flight is cancelled when it starts.
    is_in_flight_cancelled: bool,
    /// The caller's speech is replayed to a new engine; a reply is requested when the engine has detected its end.
    expects_turn: bool,
    /// The next request, which waits for the current response; a later request replaces it or merges with it.
    queued: Option<ResponseRequest>,
    /// The next request is not sent before this time.
    not_before: Option<Instant>,
    /// Counts the requested and the expected responses.
    request_count: u32,
}

#[derive(Debug)]
struct Active {
    id: ResponseId,
    /// The request in flight when the response started. It may be a different one, because the engine starts some
    /// responses by itself.
    request: Option<ResponseRequest>,
}

impl Responses {
    /// Requests a response as soon as none is active. A request with instructions takes precedence over a plain reply.
    pub(super) fn request(&mut self, request: ResponseRequest) {
        if self.queued.is_none() || request != ResponseRequest::Reply {
            self.queued = Some(request);
        }
    }

    /// The engine is about to detect the end of the caller's turn, on which a reply is requested. That reply also covers
    /// any pending request for a reply.
    pub(super) fn expect_turn(&mut self) {
        self.expects_turn = true;
        self.request_count = self.request_count.wrapping_add(1);
        self.queued = self.queued.take().filter(|request| *request != ResponseRequest::Reply);
    }

    /// Requests a reply to the caller's turn.
    pub(super) fn request_reply(&mut self) {
        self.expects_turn = false;
        self.request(ResponseRequest::Reply);
    }

    /// The request to send to the engine now, if any.
    pub(super) fn poll_request(&mut self, now: Instant) -> Option<ResponseRequest> {
        let is_busy = self.active.is_some() || self.in_flight.is_some() || self.expects_turn;
        if is_busy || self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        self.in_flight = Some(self.queued.take()?);
        self.not_before = None;
        self.request_count = self.request_count.wrapping_add(1);
        self.in_flight.clone()
    }

    /// Repeats a failed request after a pause.
    pub(super) fn retry(&mut self, request: ResponseRequest, at: Instant) {
        self.request(request);
        self.not_before = Some(at);
    }

    /// When the pending request may be sent.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.queued.is_some())
    }

    /// A counter that distinguishes earlier requests from the current one.
    pub(super) fn request_count(&self) -> u32 {
        self.request_count
    }

    /// The engine started a response. Returns true if its request was cancelled meanwhile.
    pub(super) fn started(&mut self, response: &ResponseId) -> bool {
        let request = self.in_flight.take();
        if request.is_none() {
            // An engine that replies by itself need not be requested to.
            self.expects_turn = false;
            self.queued = self.queued.take().filter(|request| *request != ResponseRequest::Reply);
        }
        self.active = Some(Active { id: response.clone(), request });
        std::mem::take(&mut self.is_in_flight_cancelled)
    }

    /// The engine ended a response.
    pub(super) fn done(&mut self, response: &ResponseId) {
        if self.active.as_ref().is_none_or(|active| active.id == *response) {
            self.active = None;
        }
    }

    /// The engine rejected a request because a response was active. If that response is known, the request waits for
    /// its end; otherwise the request is returned.
    pub(super) fn rejected(&mut self) -> Option<ResponseRequest> {
        if std::mem::take(&mut self.is_in_flight_cancelled) {
            self.in_flight = None;
            return None;
        }
        let request = self.in_flight.take().or_else(|| self.active.as_mut()?.request.take())?;
        if self.active.is_none() {
            return Some(request);
        }
        self.queued.get_or_insert(request);
        None
    }

    /// Cancels the active response and the requested one, and drops the queued request. Further audio of a cancelled
    /// response is discarded. Returns the id of the active response.
    pub(super) fn cancel_active(&mut self) -> Option<ResponseId> {
        self.queued = None;
        self.is_in_flight_cancelled = self.in_flight.is_some();
        let response = self.active.as_ref()?.id.clone();
        self.cancel(&response);
        Some(response)
    }

    /// Cancels this response: its further audio is discarded.
    pub(super) fn cancel(&mut self, response: &ResponseId) {
        if !self.is_cancelled(response) {
            if self.cancelled.len() == MAX_CANCELLED {
                self.cancelled.pop_front();
            }
            self.cancelled.push_back(response.clone());
        }
    }

    pub(super) fn is_cancelled(&self, response: &ResponseId) -> bool {
        self.cancelled.contains(response)
    }

    /// Returns true while the engine responds, or is about to.
    pub(super) fn is_busy(&self) -> bool {
        self.is_awaited() || self.queued.is_some()
    }

    /// Returns true while a response of the engine, or the rest of one, is expected.
    pub(super) fn is_awaited(&self) -> bool {
        self.active.is_some() || self.in_flight.is_some() || self.expects_turn
    }

    /// Returns true while a response is active, or is requested and not started yet, unless it was cancelled.
    pub(super) fn is_replying(&self) -> bool {
        let is_in_flight = self.in_flight.is_some() && !self.is_in_flight_cancelled;
        // A request that was not sent is no response that could be interrupted.
        self.is_speaking() || is_in_flight
    }

    /// Returns true while a response is active and was not cancelled.
    pub(super) fn is_speaking(&self) -> bool {
        self.active.as_ref().is_some_and(|active| !self.is_cancelled(&active.id))
    }

    /// Drops the pending request.
    pub(super) fn drop_request(&mut self) {
        self.queued = None;
    }

    /// A new engine starts without state; the reply that the caller waits for is requested from the new engine.
    pub(super) fn reset(&mut self) {
        let Self { active, cancelled, in_flight, queued, request_count, is_in_flight_cancelled, expects_turn, .. } =
            std::mem::take(self);
        let interrupted = active.filter(|active| !cancelled.contains(&active.id));
        let unfinished = interrupted.map(|active| active.request.unwrap_or(ResponseRequest::Reply));
        let in_flight = in_flight.filter(|_| !is_in_flight_cancelled);
        let expected = expects_turn.then_some(ResponseRequest::Reply);
        *self = Self {
            queued: queued.or(in_flight).or(expected).or(unfinished),
            cancelled,
            request_count,
            ..Self::default()
        };
    }
}
