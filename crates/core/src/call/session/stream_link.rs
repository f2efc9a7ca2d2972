//! The caller's media stream, and the times that are counted from its start.

use crate::call::ResponseRequest;
use std::time::{Duration, Instant};

/// The link to the caller.
#[derive(Debug, Default)]
pub(super) struct StreamLink {
    /// When the caller's first stream started; turns are timed from there.
    first_began: Option<Instant>,
    /// When the caller's current stream started, if there is one.
    began: Option<Instant>,
    /// A stream was lost, and another one was requested.
    was_replaced: bool,
    /// Another stream was requested: what the agent says first on it.
    resume_with: Option<ResponseRequest>,
}

impl StreamLink {
    pub(super) fn is_open(&self) -> bool {
        self.began.is_some()
    }

    /// A stream has started. Returns what the agent says first if it continues the conversation.
    pub(super) fn open(&mut self, now: Instant) -> Option<ResponseRequest> {
        self.began = Some(now);
        self.first_began.get_or_insert(now);
        self.resume_with.take()
    }

    /// The stream is closed or lost.
    pub(super) fn close(&mut self) {
        self.began = None;
    }

    /// Returns true the first time: one lost stream of a call is replaced.
    pub(super) fn may_replace(&mut self) -> bool {
        !std::mem::replace(&mut self.was_replaced, true)
    }

    /// Another stream will be opened; `request` is what the agent says first on it.
    pub(super) fn resume_with(&mut self, request: ResponseRequest) {
        self.resume_with = Some(request);
    }

    /// Milliseconds since the caller's first stream started.
    pub(super) fn call_ms(&self, now: Instant) -> u64 {
        ms_since(self.first_began, now)
    }

    /// Milliseconds since the caller's current stream started.
    pub(super) fn stream_ms(&self, now: Instant) -> u64 {
        ms_since(self.began, now)
    }
}

fn ms_since(began: Option<Instant>, now: Instant) -> u64 {
    let passed = began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}
