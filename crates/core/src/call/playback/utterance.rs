//! One utterance: how much of it was received, sent and heard.

use super::Source;

#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) source: Source,
    /// The offset at which its byte `base` is played; none before that is sent.
    pub(super) start: Option<u64>,
    /// Its bytes before this one were played before the playback was held.
    pub(super) base: u64,
    /// How many of its bytes were heard before the playback was held.
    pub(super) heard_before: u64,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) done: bool,
    /// Some of it was sent.
    pub(super) was_sent: bool,
    /// Built-in sentences within the utterance: (offset in it, length).
    pub(super) inserted: Vec<(u64, u64)>,
}

impl Utterance {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            start: None,
            base: 0,
            heard_before: 0,
            sent: 0,
            received: 0,
            done: false,
            was_sent: false,
            inserted: Vec::new(),
        }
    }

    /// How much of this utterance was heard, given the heard position of the whole playback.
    pub(super) fn heard(&self, heard: u64) -> u64 {
        self.position(heard).max(self.heard_before).min(self.received)
    }

    /// The offset of the whole playback at which the sent part of this utterance ends.
    pub(super) fn end(&self) -> u64 {
        let inserted: u64 = self.inserted.iter().map(|(_, length)| length).sum();
        self.start.map_or(0, |start| start + self.sent - self.base + inserted)
    }

    /// Returns true if it has received more than was sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.received
    }

    /// It was heard up to `heard`, and continues from `resume` in a playback whose offsets start at 0.
    pub(super) fn rewind(&mut self, resume: u64, heard: u64) {
        self.heard_before = self.heard(heard);
        self.base = self.position(resume).min(self.sent);
        (self.start, self.sent) = (None, self.base);
        self.inserted.clear();
    }

    /// The offset in this utterance at an offset of the whole playback.
    fn position(&self, offset: u64) -> u64 {
        let Some(start) = self.start else { return self.base };
        let own = self.base + offset.saturating_sub(start);
        let after =
            |own: u64, (at, length): &(u64, u64)| if own > *at { own.saturating_sub(*length).max(*at) } else { own };
        self.inserted.iter().fold(own, after)
    }
}
