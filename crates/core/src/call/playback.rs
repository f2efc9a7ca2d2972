//! The playback state: which part of the sent audio the caller has heard.
//!
//! Offsets are bytes of mu-law audio since the last clear or hold, 8 per millisecond. Twilio's marks report how far
//! Twilio has played. Between two marks, the position is estimated from the clock. Invariant: `acked <= heard <= sent`.

mod hold;
mod utterance;
mod word_start;

use super::{ItemId, ResponseId};
use crate::audio::{BYTES_PER_MS, EncodedAudio, FRAME_BYTES, mulaw::SILENCE};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
pub(super) use utterance::Source;
use utterance::Utterance;

/// The assumed delay from this server's socket to the caller's telephone when Twilio's queue is empty.
pub(super) const LINE_DELAY: Duration = Duration::from_millis(60);
/// The number of bytes after which a mark is sent.
const MARK_EVERY: u64 = 200 * BYTES_PER_MS;
/// Audio is split into pieces of this size if it does not consist of whole frames or is longer than two such pieces.
const PIECE_BYTES: usize = 10 * FRAME_BYTES;
/// The maximum amount of queued audio. More is a fault of the engine, not a response. Twilio itself drops audio beyond
/// ten minutes (error 31931).
const MAX_QUEUED: u64 = 300_000 * BYTES_PER_MS;
/// How long after its expected time a mark counts as lost.
const MARK_GRACE: Duration = Duration::from_millis(1500);

/// The next message to send to Twilio.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outgoing {
    /// Audio that the caller will hear after `delay`.
    Audio {
        audio: EncodedAudio,
        delay: Duration,
        item: ItemId,
        is_first: bool,
    },
    Mark(String),
}

/// An utterance whose audio was cleared, and how much of it the caller heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClearedUtterance {
    pub(super) source: Source,
    /// Bytes that the caller heard.
    pub(super) heard: u64,
    /// Bytes that the engine had sent; the engine regards all of them as spoken.
    pub(super) received: u64,
    pub(super) is_done: bool,
}

/// The part of a playing utterance that the caller has heard so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeardPart {
    pub(super) item: ItemId,
    /// Bytes that the caller heard.
    pub(super) heard: u64,
    /// Bytes that the engine has sent.
    pub(super) received: u64,
}

/// A piece of audio that was sent to the caller.
#[derive(Debug)]
struct SentPiece {
    /// The offset at which the piece starts.
    start: u64,
    item: ItemId,
    audio: EncodedAudio,
}

impl SentPiece {
    fn end(&self) -> u64 {
        self.start + self.audio.len() as u64
    }

    /// Returns the part of the piece from `offset` on, if any.
    fn from(self, offset: u64) -> Option<EncodedAudio> {
        if offset <= self.start {
            return Some(self.audio);
        }
        let skip = usize::try_from(offset - self.start).ok().filter(|skip| *skip < self.audio.len())?;
        Some(EncodedAudio::encode(&self.audio.decode()[skip..]))
    }
}

/// A mark that was sent and that Twilio has not returned.
#[derive(Debug)]
struct SentMark {
    number: u32,
    /// The end of the audio before the mark.
    offset: u64,
    /// When the caller will have heard this audio, estimated at the time of sending.
    expected_at: Option<Instant>,
}

impl ClearedUtterance {
    pub(super) fn is_fully_heard(&self) -> bool {
        self.is_done && self.heard >= self.received
    }
}

#[derive(Debug)]
pub(super) struct Playback {
    lead: u64,
    generation: u32,
    sent: u64,
    acked: u64,
    /// When the last mark arrived.
    acked_at: Option<Instant>,
    /// The highest heard position so far; it never decreases within a generation.
    max_heard: u64,
    /// An offset and the time at which it was heard: the base of the estimate from the clock.
    clock_anchor: Option<(u64, Instant)>,
    /// Utterances that the caller has not heard completely, in order.
    utterances: VecDeque<Utterance>,
    queue: VecDeque<(ItemId, EncodedAudio)>,
    queued: u64,
    /// A partial frame of the utterance that is still being generated. The frame is queued as soon as further audio
    /// completes it, or, filled with silence, at the end of the utterance.
    partial_frame: Vec<u8>,
    marks: VecDeque<SentMark>,
    next_mark: u32,
    marked: u64,
    /// The audio that was sent last, so that a word that was cut off can be repeated.
    recent: VecDeque<SentPiece>,
    /// True while the playback is held: nothing is sent until [`Playback::resume`] or [`Playback::clear`].
    is_held: bool,
}

impl Playback {
    pub(super) fn new(lead: Duration) -> Self {
        Self {
            lead: bytes(lead),
            generation: 1,
            sent: 0,
            acked: 0,
            acked_at: None,
            max_heard: 0,
            clock_anchor: None,
            utterances: VecDeque::new(),
            queue: VecDeque::new(),
            queued: 0,
            partial_frame: Vec::new(),
            marks: VecDeque::new(),
            next_mark: 1,
            marked: 0,
            recent: VecDeque::new(),
            is_held: false,
        }
    }

    /// Queues audio, or discards it if the queue is full. Whole frames are queued without re-encoding their base64.
    /// Returns true if the audio starts a new utterance.
    pub(super) fn enqueue(&mut self, source: &Source, audio: &EncodedAudio) -> bool {
        if self.queued > MAX_QUEUED {
            return false;
        }
        let is_new = self.open().is_none_or(|open| open.source.item != source.item);
        if is_new {
            self.finish_open();
            self.utterances.push_back(Utterance::new(source.clone()));
        }
        if let Some(open) = self.open() {
            open.received += audio.len() as u64;
        }
        if self.partial_frame.is_empty() && audio.len().is_multiple_of(FRAME_BYTES) && audio.len() <= 2 * PIECE_BYTES {
            self.push(&source.item, audio.clone());
            return is_new;
        }
        audio.decode_into(&mut self.partial_frame);
        let whole = self.partial_frame.len() - self.partial_frame.len() % FRAME_BYTES;
        let rest = self.partial_frame.split_off(whole);
        let frames = std::mem::replace(&mut self.partial_frame, rest);
        for piece in frames.chunks(PIECE_BYTES) {
            self.push(&source.item, EncodedAudio::encode(piece));
        }
        is_new
    }

    /// Queues a complete built-in sentence. An utterance that is still open continues after the sentence.
    pub(super) fn insert(&mut self, source: Source, audio: &EncodedAudio) {
        let mut samples = audio.decode();
        samples.resize(samples.len().next_multiple_of(FRAME_BYTES), SILENCE);
        for piece in samples.chunks(PIECE_BYTES) {
            self.push(&source.item, EncodedAudio::encode(piece));
        }
        let received = samples.len() as u64;
        self.utterances.push_back(Utterance { received, done: true, ..Utterance::new(source) });
    }

    pub(super) fn finish(&mut self, item: &ItemId) {
        if self.open().is_some_and(|open| open.source.item == *item) {
            self.finish_open();
        } else if let Some(utterance) = self.utterances.iter_mut().find(|utterance| utterance.source.item == *item) {
            utterance.done = true;
        }
    }

    /// Marks all utterances as complete, because their engine is lost.
    pub(super) fn finish_all(&mut self) {
        self.finish_open();
        for utterance in &mut self.utterances {
            utterance.done = true;
        }
    }

    /// Returns the next message to send, as long as the sent audio is less than the lead ahead of the caller's
    /// position. Call this function until it returns none.
    pub(super) fn poll_send(&mut self, now: Instant) -> Option<Outgoing> {
        if self.is_held {
            return None;
        }
        let is_due = self.sent - self.marked >= MARK_EVERY
            || (self.sent > self.marked && self.queue.is_empty() && self.utterances.back().is_some_and(|u| u.done));
        if is_due {
            self.marked = self.sent;
            let number = self.next_mark;
            self.next_mark = self.next_mark.wrapping_add(1);
            let expected_at = self.clock_anchor.map(|(offset, at)| at + duration(self.sent - offset));
            self.marks.push_back(SentMark { number, offset: self.sent, expected_at });
            return Some(Outgoing::Mark(format!("g{}.{number}", self.generation)));
        }
        let by_clock = self.by_clock(now);
        if self.sent - by_clock >= self.lead {
            return None;
        }
        let (item, audio) = self.queue.pop_front()?;
        if by_clock == self.sent {
            // Twilio's queue is empty, so the estimate restarts at this offset.
            self.clock_anchor = Some((self.sent, now + LINE_DELAY));
        }
        let (start, len) = (self.sent, audio.len() as u64);
        self.sent += len;
        self.queued -= len;
        let mut is_first = false;
        if let Some(utterance) =
            self.utterances.iter_mut().find(|utterance| utterance.source.item == item && utterance.has_unsent())
        {
            is_first = !std::mem::replace(&mut utterance.was_sent, true);
            utterance.start.get_or_insert(start);
            utterance.sent += len;
        }
        self.remember(start, &item, &audio);
        // A built-in sentence between two parts of an utterance does not belong to the utterance.
        for other in self.utterances.iter_mut().filter(|other| other.source.item != item && other.start.is_some()) {
            if !other.done || other.has_unsent() {
                other.inserted.push((other.sent, len));
            }
        }
        let delay = self
            .clock_anchor
            .map_or(Duration::ZERO, |(offset, at)| (at + duration(start - offset)).saturating_duration_since(now));
        Some(Outgoing::Audio { audio, delay, item, is_first })
    }

    pub(super) fn next_send_at(&self) -> Option<Instant> {
        let (_, next) = self.queue.front().filter(|_| !self.is_held)?;
        let (offset, at) = self.clock_anchor?;
        let needed = next.len() as u64;
        Some(at + duration((self.sent + needed).saturating_sub(offset + self.lead)))
    }

    /// Returns false if the mark is unknown or older than the last clear or hold.
    pub(super) fn mark(&mut self, name: &str, now: Instant) -> bool {
        let Some(mark) = self.take_mark(name) else { return false };
        self.acked = mark.offset;
        self.acked_at = Some(now);
        // A mark that arrives after the grace time does not move the estimate. If only the mark was delayed, the caller
        // heard the audio at the time that the clock gives. An estimate that followed the mark would then delay the
        // next audio, and the caller would hear nothing meanwhile.
        if mark.expected_at.is_none_or(|at| now <= at + MARK_GRACE) {
            self.clock_anchor = Some((mark.offset, now));
        }
        true
    }

    fn take_mark(&mut self, name: &str) -> Option<SentMark> {
        let (generation, number) = name.strip_prefix('g')?.split_once('.')?;
        if generation.parse() != Ok(self.generation) {
            return None;
        }
        let number: u32 = number.parse().ok()?;
        let at = self.marks.iter().position(|mark| mark.number == number)?;
        self.marks.drain(..=at).next_back()
    }

    /// Counts all sent audio as heard if its marks are overdue. Returns true if they are overdue.
    pub(super) fn expire_marks(&mut self, now: Instant) -> bool {
        let is_overdue = self.marks_expire_at().is_some_and(|at| at <= now);
        if is_overdue {
            self.acked = self.sent;
            self.clock_anchor = Some((self.sent, now));
            self.marks.clear();
        }
        is_overdue
    }

    /// Returns when the marks of the sent audio become overdue.
    pub(super) fn marks_expire_at(&self) -> Option<Instant> {
        let (offset, at) = self.clock_anchor.filter(|_| self.acked < self.sent)?;
        let by_clock = at + duration(self.sent - offset);
        // If the audio itself is late, the rest is heard as much later as the last mark was.
        let by_mark = self.acked_at.map(|at| at + duration(self.sent - self.acked));
        Some(by_mark.map_or(by_clock, |by_mark| by_mark.max(by_clock)) + MARK_GRACE)
    }

    /// Discards all audio that the caller has not heard. Returns how much of each utterance the caller heard. Marks
    /// that were sent earlier are then ignored.
    pub(super) fn clear(&mut self, now: Instant) -> Vec<ClearedUtterance> {
        let heard = self.heard(now);
        let cleared = self.utterances.drain(..).map(|utterance| ClearedUtterance {
            heard: utterance.heard(heard),
            received: utterance.received,
            is_done: utterance.done,
            source: utterance.source,
        });
        let cleared = cleared.collect();
        *self = self.next_generation();
        cleared
    }

    /// Returns an empty playback state that ignores earlier marks.
    fn next_generation(&self) -> Self {
        let generation = self.generation.wrapping_add(1);
        Self { lead: self.lead, generation, next_mark: self.next_mark, ..Self::new(Duration::ZERO) }
    }

    /// Returns true while queued or unacknowledged audio remains. A partial frame does not count.
    pub(super) fn is_busy(&self) -> bool {
        self.acked < self.sent || !self.queue.is_empty()
    }

    pub(super) fn has_unsent(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Returns true while there is an utterance that the caller has not heard completely.
    pub(super) fn is_open(&self) -> bool {
        self.is_busy() || !self.utterances.is_empty()
    }

    /// Returns true if audio of this utterance is queued, or was sent and is not completely heard.
    pub(super) fn has(&self, item: &ItemId) -> bool {
        self.utterances.iter().any(|utterance| utterance.source.item == *item)
    }

    /// Returns true if audio of this utterance was sent and is not completely heard.
    pub(super) fn has_sent(&self, item: &ItemId) -> bool {
        self.utterances.iter().any(|utterance| utterance.source.item == *item && utterance.was_sent)
    }

    /// Returns how much of an utterance the caller may have heard, in bytes; none if it is not queued or playing. Marks
    /// that are late do not reduce the result, unlike that of [`Playback::heard`].
    pub(super) fn heard_at_most(&self, item: &ItemId, now: Instant) -> Option<u64> {
        let utterance = self.utterances.iter().find(|utterance| utterance.source.item == *item)?;
        Some(utterance.heard(self.by_clock(now).max(self.max_heard)))
    }

    /// Returns true if audio of this response was sent and is not completely heard.
    pub(super) fn has_sent_of(&self, response: &ResponseId) -> bool {
        self.utterances.iter().any(|utterance| utterance.is_of(response) && utterance.was_sent)
    }

    /// Discards the audio of a response that was not sent. Returns the response's utterances.
    pub(super) fn discard(&mut self, response: &ResponseId) -> Vec<ItemId> {
        if self.open().is_some_and(|open| open.is_of(response)) {
            self.partial_frame.clear();
        }
        let of_it = self.utterances.iter().filter(|utterance| utterance.is_of(response));
        let items: Vec<ItemId> = of_it.map(|utterance| utterance.source.item.clone()).collect();
        self.utterances.retain(|utterance| !utterance.is_of(response));
        self.queue.retain(|(item, _)| !items.contains(item));
        self.queued = self.queue.iter().map(|(_, audio)| audio.len() as u64).sum();
        items
    }

    /// Returns true if audio of an engine's response was sent and is not completely heard.
    pub(super) fn has_started_response(&self) -> bool {
        self.utterances.iter().any(|utterance| utterance.source.response.is_some() && utterance.was_sent)
    }

    /// Returns the next utterance that the caller heard completely. Call this function until it returns none.
    pub(super) fn poll_heard(&mut self) -> Option<ItemId> {
        let first = self.utterances.front()?;
        if !first.done || first.has_unsent() || first.end() > self.acked {
            return None;
        }
        self.utterances.pop_front().map(|utterance| utterance.source.item)
    }

    /// Returns the utterance that was playing at Twilio's last mark, and how long before that mark the utterance
    /// started.
    pub(super) fn playing(&self) -> Option<(ItemId, Duration)> {
        let first = self.utterances.front()?;
        let start = first.start.filter(|start| *start < self.acked)?;
        Some((first.source.item.clone(), duration(self.acked - start)))
    }

    /// Returns how much the caller has heard of the first utterance that is not completely heard.
    pub(super) fn progress(&mut self, now: Instant) -> Option<HeardPart> {
        let heard = self.heard(now);
        let first = self.utterances.front()?;
        Some(HeardPart { item: first.source.item.clone(), heard: first.heard(heard), received: first.received })
    }

    /// Returns how long the sent and queued audio will still play. The estimate uses the clock alone, because marks may
    /// be late or lost. A partial frame does not count.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        duration(self.sent - self.by_clock(now) + self.queued)
    }

    /// Returns how many bytes the caller has heard: estimated from the clock, but at most up to the first mark that
    /// Twilio has not returned.
    pub(super) fn heard(&mut self, now: Instant) -> u64 {
        let limit = self.marks.front().map_or(self.sent, |mark| mark.offset);
        self.max_heard = self.by_clock(now).min(limit).max(self.acked).max(self.max_heard);
        self.max_heard
    }

    fn by_clock(&self, now: Instant) -> u64 {
        let Some((offset, at)) = self.clock_anchor else { return self.sent };
        (offset + bytes(now.saturating_duration_since(at))).min(self.sent).max(self.acked)
    }

    fn push(&mut self, item: &ItemId, audio: EncodedAudio) {
        self.queued += audio.len() as u64;
        self.queue.push_back((item.clone(), audio));
    }

    /// Returns the newest utterance of the engine that may receive more audio.
    fn open(&mut self) -> Option<&mut Utterance> {
        self.utterances.iter_mut().rev().find(|utterance| !utterance.done)
    }

    fn finish_open(&mut self) {
        let Some(open) = self.open() else { return };
        open.done = true;
        let item = open.source.item.clone();
        if !self.partial_frame.is_empty() {
            let mut frame = std::mem::take(&mut self.partial_frame);
            frame.resize(FRAME_BYTES, SILENCE);
            self.push(&item, EncodedAudio::encode(&frame));
        }
    }
}

fn bytes(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 16).saturating_mul(BYTES_PER_MS) / 1000
}

fn duration(bytes: u64) -> Duration {
    Duration::from_micros(bytes * 1000 / BYTES_PER_MS)
}
