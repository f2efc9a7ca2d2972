//! The caller's media stream, and the times that are counted from its start.

use crate::call::ResponseRequest;
use std::time::{Duration, Instant};

/// The state of the caller's stream.
#[derive(Debug, Default)]
pub(super) struct StreamLink {
    /// When the first stream of the call started; the times of turns count from it.
    first_began: Option<Instant>,
    /// When the current stream started; none while no stream is open.
    began: Option<Instant>,
    /// True if a lost stream was already replaced in this call.
    was_replaced: bool,
    is_requested: bool,
    /// The agent's first response on the requested stream.
    resume_with: Option<ResponseRequest>,
}

impl StreamLink {
    pub(super) fn is_open(&self) -> bool {
        self.began.is_some()
    }

    /// Returns the agent's first response, if the stream continues a conversation.
    pub(super) fn open(&mut self, now: Instant) -> Option<ResponseRequest> {
        self.began = Some(now);
        self.first_began.get_or_insert(now);
        self.is_requested = false;
        self.resume_with.take()
    }

    pub(super) fn close(&mut self) {
        self.began = None;
    }

    /// Returns true the first time only: at most one lost stream of a phone call is replaced.
    pub(super) fn may_replace(&mut self) -> bool {
        !std::mem::replace(&mut self.was_replaced, true)
    }

    pub(super) fn request(&mut self, resume_with: Option<ResponseRequest>) {
        (self.is_requested, self.resume_with) = (true, resume_with);
    }

    pub(super) fn was_requested(&self) -> bool {
        self.is_requested
    }

    /// Returns the milliseconds since the first stream of the call started.
    pub(super) fn call_ms(&self, now: Instant) -> u64 {
        ms_since(self.first_began, now)
    }

    /// Returns the milliseconds since the current stream started.
    pub(super) fn stream_ms(&self, now: Instant) -> u64 {
        ms_since(self.began, now)
    }
}

fn ms_since(began: Option<Instant>, now: Instant) -> u64 {
    let passed = began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}
