//! An utterance and its origin: how much of it was received, sent and heard.

use crate::call::{ItemId, ResponseId};

/// The origin of a piece of audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::call) struct Source {
    /// The generation of the engine in this call; none for built-in sentences.
    pub(in crate::call) engine: Option<u32>,
    /// The response; none for built-in sentences.
    pub(in crate::call) response: Option<ResponseId>,
    /// The id that the engine assigned, or the session for a built-in sentence.
    pub(in crate::call) item: ItemId,
}

#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) source: Source,
    /// The offset in the playback at which the utterance's byte `resumed_at` plays; none until that byte is sent.
    pub(super) start: Option<u64>,
    /// The position in the utterance at which the playback resumes after a hold; 0 before any hold.
    pub(super) resumed_at: u64,
    /// The number of bytes of the utterance that were heard before the playback was held.
    pub(super) heard_before: u64,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) done: bool,
    pub(super) was_sent: bool,
    /// Built-in sentences that were played within the utterance: (offset in the utterance, length).
    pub(super) inserted: Vec<(u64, u64)>,
}

impl Utterance {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            start: None,
            resumed_at: 0,
            heard_before: 0,
            sent: 0,
            received: 0,
            done: false,
            was_sent: false,
            inserted: Vec::new(),
        }
    }

    pub(super) fn is_of(&self, response: &ResponseId) -> bool {
        self.source.response.as_ref() == Some(response)
    }

    /// Returns how much of this utterance was heard, given the heard position of the whole playback.
    pub(super) fn heard(&self, heard: u64) -> u64 {
        self.position(heard).max(self.heard_before).min(self.received)
    }

    /// Returns the offset in the whole playback at which the sent part of this utterance ends.
    pub(super) fn end(&self) -> u64 {
        let inserted: u64 = self.inserted.iter().map(|(_, length)| length).sum();
        self.start.map_or(0, |start| start + self.sent - self.resumed_at + inserted)
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.received
    }

    /// Prepares the utterance for a resumed playback whose offsets start at 0: the utterance was heard up to `heard`,
    /// and resumes from `resume`.
    pub(super) fn rewind(&mut self, resume: u64, heard: u64) {
        self.heard_before = self.heard(heard);
        self.resumed_at = self.position(resume).min(self.sent);
        (self.start, self.sent) = (None, self.resumed_at);
        self.inserted.clear();
    }

    /// Converts an offset in the whole playback to an offset in this utterance.
    fn position(&self, offset: u64) -> u64 {
        let Some(start) = self.start else { return self.resumed_at };
        let own = self.resumed_at + offset.saturating_sub(start);
        let after =
            |own: u64, (at, length): &(u64, u64)| if own > *at { own.saturating_sub(*length).max(*at) } else { own };
        self.inserted.iter().fold(own, after)
    }
}
