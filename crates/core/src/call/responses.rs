//! The engine's responses. At most one response is active; the audio of a cancelled response is discarded.

use super::{ResponseId, ResponseRequest};
use std::collections::VecDeque;
use std::time::Instant;

/// The maximum number of ids of cancelled responses that are kept. An engine has fewer unfinished responses.
const MAX_CANCELLED: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Responses {
    active: Option<Active>,
    cancelled: VecDeque<ResponseId>,
    /// The request that was sent to the engine and for which no response has started yet.
    in_flight: Option<ResponseRequest>,
    /// True if the response to the request in flight must be cancelled as soon as that response starts.
    is_in_flight_cancelled: bool,
    /// True while the caller's speech is replayed to a new engine. A reply is requested once the engine has detected
    /// the end of that speech.
    expects_turn: bool,
    /// The next request, which is sent after the current response. A later request is added to it.
    queued: Option<ResponseRequest>,
    /// The next request is not sent before this time.
    not_before: Option<Instant>,
    /// The number of requested and expected responses.
    request_count: u32,
}

#[derive(Debug)]
struct Active {
    id: ResponseId,
    /// The request that was in flight when the response started. The response may have another cause, because an engine
    /// starts some responses by itself.
    request: Option<ResponseRequest>,
}

impl Responses {
    /// One response serves all requests that wait: it follows the instructions of all of them, and a request for a
    /// plain reply adds nothing to instructions.
    pub(super) fn request(&mut self, request: ResponseRequest) {
        self.queued = Some(match self.queued.take() {
            Some(earlier) => both(earlier, request),
            None => request,
        });
    }

    /// Records that the engine will soon detect the end of the caller's turn. A reply is requested then; that reply
    /// also replaces a queued request for a reply.
    pub(super) fn expect_turn(&mut self) {
        self.expects_turn = true;
        self.request_count = self.request_count.wrapping_add(1);
        self.queued = self.queued.take().filter(|request| *request != ResponseRequest::Reply);
    }

    pub(super) fn request_reply(&mut self) {
        self.expects_turn = false;
        self.request(ResponseRequest::Reply);
    }

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

    pub(super) fn retry(&mut self, request: ResponseRequest, at: Instant) {
        self.request(request);
        self.not_before = Some(at);
    }

    pub(super) fn not_before(&mut self, at: Instant) {
        self.not_before = self.not_before.max(Some(at));
    }

    pub(super) fn active(&self) -> Option<ResponseId> {
        self.active.as_ref().map(|active| active.id.clone())
    }

    /// Returns the instructions of a response, if it is active and follows instructions.
    pub(super) fn instructions(&self, response: &ResponseId) -> Option<&str> {
        let active = self.active.as_ref().filter(|active| active.id == *response)?;
        match active.request.as_ref()? {
            ResponseRequest::Instructed(instructions) => Some(instructions),
            ResponseRequest::Reply => None,
        }
    }

    /// Returns when the queued request may be sent; none if no request is queued, or if it is not delayed.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.queued.is_some())
    }

    /// Returns a counter that distinguishes earlier requests from the current request.
    pub(super) fn request_count(&self) -> u32 {
        self.request_count
    }

    /// Returns true if the request for the response was cancelled before.
    pub(super) fn started(&mut self, response: &ResponseId) -> bool {
        let request = self.in_flight.take();
        if request.is_none() {
            // The engine replied by itself, so the queued request for a reply is no longer needed.
            self.expects_turn = false;
            self.queued = self.queued.take().filter(|request| *request != ResponseRequest::Reply);
        }
        self.active = Some(Active { id: response.clone(), request });
        std::mem::take(&mut self.is_in_flight_cancelled)
    }

    pub(super) fn done(&mut self, response: &ResponseId) {
        if self.active.as_ref().is_none_or(|active| active.id == *response) {
            self.active = None;
        }
    }

    /// Handles the engine's rejection of a request because another response was active. Returns the request unless it
    /// is queued or was cancelled.
    pub(super) fn rejected(&mut self) -> Option<ResponseRequest> {
        if std::mem::take(&mut self.is_in_flight_cancelled) {
            self.in_flight = None;
            return None;
        }
        let request = self.in_flight.take().or_else(|| self.active.as_mut()?.request.take())?;
        if self.active.is_none() {
            return Some(request);
        }
        self.queued = Some(match self.queued.take() {
            Some(later) => both(request, later),
            None => request,
        });
        None
    }

    /// Cancels the active response and the request in flight, and drops the queued request, because the caller's words
    /// come first: information that the agent must keep is a note, not an instruction. Returns the id of the active
    /// response.
    pub(super) fn cancel_active(&mut self) -> Option<ResponseId> {
        self.queued = None;
        self.is_in_flight_cancelled = self.in_flight.is_some();
        let response = self.active.as_ref()?.id.clone();
        self.cancel(&response);
        Some(response)
    }

    /// The further audio of the response is discarded.
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

    pub(super) fn is_busy(&self) -> bool {
        self.is_awaited() || self.queued.is_some()
    }

    /// Returns true while the engine is expected to send a response or the rest of a response.
    pub(super) fn is_awaited(&self) -> bool {
        self.active.is_some() || self.in_flight.is_some() || self.expects_turn
    }

    /// Returns true while a response is active or requested, and was not cancelled.
    pub(super) fn is_replying(&self) -> bool {
        let is_in_flight = self.in_flight.is_some() && !self.is_in_flight_cancelled;
        // A queued request is not counted: the caller cannot interrupt a response that was not requested yet.
        self.is_speaking() || is_in_flight
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.active.as_ref().is_some_and(|active| !self.is_cancelled(&active.id))
    }

    pub(super) fn drop_request(&mut self) {
        self.queued = None;
    }

    /// Resets the state for a new engine. A reply that the caller is still waiting for is requested from the new
    /// engine.
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

/// Returns the request for one response that serves both requests.
fn both(earlier: ResponseRequest, later: ResponseRequest) -> ResponseRequest {
    match (earlier, later) {
        (ResponseRequest::Instructed(first), ResponseRequest::Instructed(second)) if first != second => {
            ResponseRequest::Instructed(format!("{first}\n\n{second}"))
        }
        (ResponseRequest::Reply, later) => later,
        (earlier, _) => earlier,
    }
}
