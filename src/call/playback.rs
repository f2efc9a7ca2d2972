//! The playback state: how much of the sent audio the caller has heard.
//!
//! Offsets are bytes of mu-law since the last clear, 8 per millisecond. Twilio's marks report how far it has played;
//! between two marks, the position is estimated from the clock. Invariant: `acked <= heard <= sent`.

use super::{ItemId, ResponseId};
use crate::audio::{BYTES_PER_MS, EncodedAudio, FRAME_BYTES, mulaw::SILENCE};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The delay from this server's socket to the caller's ear when Twilio's queue is empty.
pub(super) const LINE_DELAY: Duration = Duration::from_millis(60);
/// A mark is sent after this many bytes.
const MARK_EVERY: u64 = 200 * BYTES_PER_MS;
/// Longer pieces of audio are split into pieces of this size.
const PIECE_BYTES: usize = 10 * FRAME_BYTES;
/// More queued audio is a fault, not a response; Twilio itself drops audio beyond ten minutes (error 31931).
const MAX_QUEUED: u64 = 300_000 * BYTES_PER_MS;
/// A mark counts as lost this long after its expected time.
const MARK_GRACE: Duration = Duration::from_millis(1500);

/// The origin of a piece of audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The generation of the engine in this call; none for the built-in sentences.
    pub(super) engine: Option<u32>,
    /// The response; none for the built-in sentences.
    pub(super) response: Option<ResponseId>,
    /// The utterance.
    pub(super) item: ItemId,
}

/// What to send next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Send {
    /// Audio that will be heard after `delay`.
    Audio { audio: EncodedAudio, delay: Duration, item: ItemId, is_first: bool },
    /// A mark of this name.
    Mark(String),
}

/// How much was heard of an interrupted utterance.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) source: Source,
    /// Bytes that the caller heard.
    pub(super) heard: u64,
    /// Bytes that the engine had sent, all of which it regards as spoken.
    pub(super) received: u64,
    /// The engine had finished the utterance.
    pub(super) is_done: bool,
}

impl Cut {
    /// Returns true if the caller had heard the utterance completely.
    pub(super) fn is_whole(&self) -> bool {
        self.is_done && self.heard >= self.received
    }
}

#[derive(Debug)]
pub(super) struct Playback {
    lead: u64,
    generation: u32,
    sent: u64,
    acked: u64,
    /// The highest heard position; it never decreases within a generation.
    floor: u64,
    /// An offset and when it was heard: the anchor of the estimate.
    base: Option<(u64, Instant)>,
    /// Utterances that were not heard to the end, in order.
    utterings: VecDeque<Uttering>,
    queue: VecDeque<(ItemId, EncodedAudio)>,
    queued: u64,
    /// A partial frame, waiting for more audio of the last utterance.
    carry: Vec<u8>,
    marks: VecDeque<(u32, u64)>,
    next_mark: u32,
    marked: u64,
}

#[derive(Debug)]
struct Uttering {
    source: Source,
    start: Option<u64>,
    sent: u64,
    received: u64,
    done: bool,
    /// Built-in sentences within the utterance: (offset in it, length).
    inserted: Vec<(u64, u64)>,
}

impl Playback {
    pub(super) fn new(lead: Duration) -> Self {
        Self {
            lead: bytes(lead),
            generation: 1,
            sent: 0,
            acked: 0,
            floor: 0,
            base: None,
            utterings: VecDeque::new(),
            queue: VecDeque::new(),
            queued: 0,
            carry: Vec::new(),
            marks: VecDeque::new(),
            next_mark: 1,
            marked: 0,
        }
    }

    /// Queues audio. Whole frames are passed on without re-encoding base64. Returns true if an utterance starts with
    /// it.
    pub(super) fn enqueue(&mut self, source: &Source, audio: &EncodedAudio) -> bool {
        if self.queued > MAX_QUEUED {
            return false;
        }
        let is_new = self.open().is_none_or(|open| open.source.item != source.item);
        if is_new {
            self.finish_open();
            self.utterings.push_back(Uttering::new(source.clone()));
        }
        if let Some(open) = self.open() {
            open.received += audio.len() as u64;
        }
        if self.carry.is_empty() && audio.len().is_multiple_of(FRAME_BYTES) && audio.len() <= 2 * PIECE_BYTES {
            self.push(&source.item, audio.clone());
            return is_new;
        }
        audio.decode_into(&mut self.carry);
        let whole = self.carry.len() - self.carry.len() % FRAME_BYTES;
        let rest = self.carry.split_off(whole);
        let frames = std::mem::replace(&mut self.carry, rest);
        for piece in frames.chunks(PIECE_BYTES) {
            self.push(&source.item, EncodedAudio::encode(piece));
        }
        is_new
    }

    /// Queues a complete built-in sentence. An open utterance continues after it.
    pub(super) fn insert(&mut self, source: Source, audio: &EncodedAudio) {
        let mut samples = audio.decode();
        samples.resize(samples.len().next_multiple_of(FRAME_BYTES), SILENCE);
        for piece in samples.chunks(PIECE_BYTES) {
            self.push(&source.item, EncodedAudio::encode(piece));
        }
        let received = samples.len() as u64;
        self.utterings.push_back(Uttering { received, done: true, ..Uttering::new(source) });
    }

    /// The utterance's audio is complete.
    pub(super) fn finish(&mut self, item: &ItemId) {
        if self.open().is_some_and(|open| open.source.item == *item) {
            self.finish_open();
        } else if let Some(uttering) = self.utterings.iter_mut().find(|uttering| uttering.source.item == *item) {
            uttering.done = true;
        }
    }

    /// The audio of all utterances is complete: their engine is lost.
    pub(super) fn finish_all(&mut self) {
        self.finish_open();
        for uttering in &mut self.utterings {
            uttering.done = true;
        }
    }

    /// The next item to send while the sent audio is less than the lead ahead of the caller. Call it until it returns
    /// none.
    pub(super) fn poll_send(&mut self, now: Instant) -> Option<Send> {
        let is_due = self.sent - self.marked >= MARK_EVERY
            || (self.sent > self.marked && self.queue.is_empty() && self.utterings.back().is_some_and(|u| u.done));
        if is_due {
            self.marked = self.sent;
            let number = self.next_mark;
            self.next_mark = self.next_mark.wrapping_add(1);
            self.marks.push_back((number, self.sent));
            return Some(Send::Mark(format!("g{}.{number}", self.generation)));
        }
        let by_clock = self.by_clock(now);
        if self.sent - by_clock >= self.lead {
            return None;
        }
        let (item, audio) = self.queue.pop_front()?;
        if by_clock == self.sent {
            // Twilio's queue is empty: the estimate restarts here.
            self.base = Some((self.sent, now + LINE_DELAY));
        }
        let (start, len) = (self.sent, audio.len() as u64);
        self.sent += len;
        self.queued -= len;
        let mut is_first = false;
        if let Some(uttering) =
            self.utterings.iter_mut().find(|uttering| uttering.source.item == item && uttering.takes())
        {
            is_first = uttering.start.is_none();
            uttering.start.get_or_insert(start);
            uttering.sent += len;
        }
        // A sentence between two halves of an utterance does not belong to it.
        for other in self.utterings.iter_mut().filter(|other| other.source.item != item && other.start.is_some()) {
            if !other.done || other.takes() {
                other.inserted.push((other.sent, len));
            }
        }
        let delay =
            self.base.map_or(Duration::ZERO, |(offset, at)| (at + span(start - offset)).saturating_duration_since(now));
        Some(Send::Audio { audio, delay, item, is_first })
    }

    /// When the next piece may be sent.
    pub(super) fn next_send_at(&self) -> Option<Instant> {
        let (_, next) = self.queue.front()?;
        let (offset, at) = self.base?;
        let room = next.len() as u64;
        Some(at + span((self.sent + room).saturating_sub(offset + self.lead)))
    }

    /// Twilio reports that it has played up to this mark. Returns false if the mark is older than the last clear, or
    /// unknown.
    pub(super) fn mark(&mut self, name: &str, now: Instant) -> bool {
        let Some(offset) = self.take_mark(name) else { return false };
        self.acked = offset;
        self.base = Some((offset, now));
        true
    }

    fn take_mark(&mut self, name: &str) -> Option<u64> {
        let (generation, number) = name.strip_prefix('g')?.split_once('.')?;
        if generation.parse() != Ok(self.generation) {
            return None;
        }
        let number: u32 = number.parse().ok()?;
        let at = self.marks.iter().position(|(known, _)| *known == number)?;
        self.marks.drain(..=at).next_back().map(|(_, offset)| offset)
    }

    /// Counts all sent audio as heard once its marks are overdue. Returns true if they were.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let is_overdue = self.settles_at().is_some_and(|at| at <= now);
        if is_overdue {
            self.acked = self.sent;
            self.base = Some((self.sent, now));
            self.marks.clear();
        }
        is_overdue
    }

    /// When the marks of the sent audio are overdue.
    pub(super) fn settles_at(&self) -> Option<Instant> {
        let (offset, at) = self.base.filter(|_| self.acked < self.sent)?;
        Some(at + span(self.sent - offset) + MARK_GRACE)
    }

    /// Discards all audio that was not heard, and returns how much of each utterance was. Earlier marks do not count
    /// any more.
    pub(super) fn clear(&mut self, now: Instant) -> Vec<Cut> {
        let heard = self.heard(now);
        let cut = self.utterings.drain(..).map(|uttering| Cut {
            heard: uttering.heard(heard),
            received: uttering.received,
            is_done: uttering.done,
            source: uttering.source,
        });
        let cut = cut.collect();
        let (lead, generation, next_mark) = (self.lead, self.generation.wrapping_add(1), self.next_mark);
        *self = Self { lead, generation, next_mark, ..Self::new(Duration::ZERO) };
        cut
    }

    /// Returns true while queued or unacknowledged audio remains. A partial frame does not count: it is sent only once
    /// it is complete.
    pub(super) fn is_busy(&self) -> bool {
        self.acked < self.sent || !self.queue.is_empty()
    }

    /// Returns true while an utterance has started and was not heard to its end.
    pub(super) fn is_open(&self) -> bool {
        self.is_busy() || !self.utterings.is_empty()
    }

    /// Returns true while audio of the engine itself is being heard.
    pub(super) fn has_begun_answer(&self) -> bool {
        self.utterings.iter().any(|uttering| uttering.source.response.is_some() && uttering.start.is_some())
    }

    /// The next utterance that was heard to its end. Call it until it returns none.
    pub(super) fn poll_heard(&mut self) -> Option<ItemId> {
        let first = self.utterings.front()?;
        let end = first.start.map_or(0, |start| start + first.sent + first.inserted());
        if !first.done || first.takes() || end > self.acked {
            return None;
        }
        self.utterings.pop_front().map(|uttering| uttering.source.item)
    }

    /// The utterance that is playing by Twilio's last mark, and how long before that mark it started.
    pub(super) fn playing(&self) -> Option<(ItemId, Duration)> {
        let first = self.utterings.front()?;
        let start = first.start.filter(|start| *start < self.acked)?;
        Some((first.source.item.clone(), span(self.acked - start)))
    }

    /// How long the queued audio will still be heard; a partial frame is not sent.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        span(self.sent - self.by_clock(now) + self.queued)
    }

    /// How many bytes have been heard: estimated from the clock, but never past a mark that was not echoed.
    pub(super) fn heard(&mut self, now: Instant) -> u64 {
        let limit = self.marks.front().map_or(self.sent, |(_, offset)| *offset);
        self.floor = self.by_clock(now).min(limit).max(self.acked).max(self.floor);
        self.floor
    }

    fn by_clock(&self, now: Instant) -> u64 {
        let Some((offset, at)) = self.base else { return self.sent };
        (offset + bytes(now.saturating_duration_since(at))).min(self.sent).max(self.acked)
    }

    fn push(&mut self, item: &ItemId, audio: EncodedAudio) {
        self.queued += audio.len() as u64;
        self.queue.push_back((item.clone(), audio));
    }

    /// The utterance that may receive more audio: the engine's newest.
    fn open(&mut self) -> Option<&mut Uttering> {
        self.utterings.iter_mut().rev().find(|uttering| !uttering.done)
    }

    fn finish_open(&mut self) {
        let Some(open) = self.open() else { return };
        open.done = true;
        let item = open.source.item.clone();
        if !self.carry.is_empty() {
            let mut frame = std::mem::take(&mut self.carry);
            frame.resize(FRAME_BYTES, SILENCE);
            self.push(&item, EncodedAudio::encode(&frame));
        }
    }
}

impl Uttering {
    fn new(source: Source) -> Self {
        Self { source, start: None, sent: 0, received: 0, done: false, inserted: Vec::new() }
    }

    /// How much of this utterance was heard, given the heard position of the whole playback.
    fn heard(&self, heard: u64) -> u64 {
        let own = heard.saturating_sub(self.start.unwrap_or(u64::MAX));
        let after =
            |own: u64, (at, length): &(u64, u64)| if own > *at { own.saturating_sub(*length).max(*at) } else { own };
        self.inserted.iter().fold(own, after).min(self.received)
    }

    fn inserted(&self) -> u64 {
        self.inserted.iter().map(|(_, length)| length).sum()
    }

    /// Returns true if it has received more than was sent.
    fn takes(&self) -> bool {
        self.sent < self.received
    }
}

fn bytes(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 16).saturating_mul(BYTES_PER_MS) / 1000
}

fn span(bytes: u64) -> Duration {
    Duration::from_micros(bytes * 1000 / BYTES_PER_MS)
}
