//! The playback ledger: what the caller has heard of what we sent.
//!
//! Offsets are bytes of mu-law since the last clear, 8 to the millisecond. Twilio tells by marks how far it has played;
//! between two marks the clock tells. `acked <= heard <= sent` holds at any time.

use super::{ItemId, ResponseId};
use crate::audio::{BYTES_PER_MS, EncodedAudio, FRAME_BYTES, mulaw::SILENCE};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// From our socket to the caller's ear, when nothing is queued there.
pub(super) const LINE_DELAY: Duration = Duration::from_millis(60);
/// A mark every so many bytes.
const MARK_EVERY: u64 = 200 * BYTES_PER_MS;
/// Sound that arrives in longer pieces is sent in pieces of this size.
const PIECE_BYTES: usize = 10 * FRAME_BYTES;
/// More than this is no answer but a fault; Twilio itself drops what is beyond ten minutes (error 31931).
const MAX_QUEUED: u64 = 300_000 * BYTES_PER_MS;
/// How long after its expected time a mark counts as lost.
const MARK_GRACE: Duration = Duration::from_millis(1500);

/// Where a piece of sound comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Which of the engines that this call has had; none for our own sentences.
    pub(super) engine: Option<u32>,
    /// The answer; none for our own sentences.
    pub(super) response: Option<ResponseId>,
    /// The uttering.
    pub(super) item: ItemId,
}

/// What to send next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Send {
    /// Sound, heard so long from now.
    Audio { audio: EncodedAudio, delay: Duration, item: ItemId, is_first: bool },
    /// A mark of this name.
    Mark(String),
}

/// What became of an uttering that was cut.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) source: Source,
    /// Bytes that the caller heard.
    pub(super) heard: u64,
    /// Bytes that the engine had sent, all of which it takes for said.
    pub(super) received: u64,
    /// Nothing more would have come of it.
    pub(super) is_done: bool,
}

impl Cut {
    /// Whether the cut came too late to take anything away.
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
    /// Never goes back within a generation.
    floor: u64,
    /// An offset and when it was heard.
    base: Option<(u64, Instant)>,
    /// Utterings that are not heard to the end, in order.
    utterings: VecDeque<Uttering>,
    queue: VecDeque<(ItemId, EncodedAudio)>,
    queued: u64,
    /// Less than a frame, waiting for more of the last uttering.
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
    /// Sentences of our own within it: after how much of it, and how much.
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

    /// Takes sound in. Whole frames are passed on as they are, base64 and all. Tells whether an uttering begins with it.
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

    /// Takes in a whole sentence of our own. An uttering that is open goes on behind it.
    pub(super) fn insert(&mut self, source: Source, audio: &EncodedAudio) {
        let mut samples = audio.decode();
        samples.resize(samples.len().next_multiple_of(FRAME_BYTES), SILENCE);
        for piece in samples.chunks(PIECE_BYTES) {
            self.push(&source.item, EncodedAudio::encode(piece));
        }
        let received = samples.len() as u64;
        self.utterings.push_back(Uttering { received, done: true, ..Uttering::new(source) });
    }

    /// There will be no more sound of this uttering.
    pub(super) fn finish(&mut self, item: &ItemId) {
        if self.open().is_some_and(|open| open.source.item == *item) {
            self.finish_open();
        } else if let Some(uttering) = self.utterings.iter_mut().find(|uttering| uttering.source.item == *item) {
            uttering.done = true;
        }
    }

    /// There will be no more sound of any uttering: its engine is lost.
    pub(super) fn finish_all(&mut self) {
        self.finish_open();
        for uttering in &mut self.utterings {
            uttering.done = true;
        }
    }

    /// The next thing to send, if there is room ahead of the caller's ear. Ask until it is none.
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
            // Nothing is left to play there: the clock starts anew.
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
        // What lies between two halves of an uttering is none of it.
        for other in self.utterings.iter_mut().filter(|other| other.source.item != item && other.start.is_some()) {
            if !other.done || other.takes() {
                other.inserted.push((other.sent, len));
            }
        }
        let delay =
            self.base.map_or(Duration::ZERO, |(offset, at)| (at + span(start - offset)).saturating_duration_since(now));
        Some(Send::Audio { audio, delay, item, is_first })
    }

    /// When there will be room for the next piece.
    pub(super) fn next_send_at(&self) -> Option<Instant> {
        let (_, next) = self.queue.front()?;
        let (offset, at) = self.base?;
        let room = next.len() as u64;
        Some(at + span((self.sent + room).saturating_sub(offset + self.lead)))
    }

    /// Twilio has played up to this mark. False if the mark is of before the last clear, or none of ours.
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

    /// Counts all that was sent as heard, if its marks are overdue. Tells whether they were.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let is_overdue = self.settles_at().is_some_and(|at| at <= now);
        if is_overdue {
            self.acked = self.sent;
            self.base = Some((self.sent, now));
            self.marks.clear();
        }
        is_overdue
    }

    /// When the marks of what was sent are overdue.
    pub(super) fn settles_at(&self) -> Option<Instant> {
        let (offset, at) = self.base.filter(|_| self.acked < self.sent)?;
        Some(at + span(self.sent - offset) + MARK_GRACE)
    }

    /// Forgets all that was not heard, and tells what of each uttering was. Marks of before count no more.
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

    /// Whether something of ours is still to be heard. Less than a frame is not: it waits for more, which may never come.
    pub(super) fn is_busy(&self) -> bool {
        self.acked < self.sent || !self.queue.is_empty()
    }

    /// Whether there is an uttering that has begun and was not heard to its end.
    pub(super) fn is_open(&self) -> bool {
        self.is_busy() || !self.utterings.is_empty()
    }

    /// Whether the engine's own words are being heard.
    pub(super) fn has_begun_answer(&self) -> bool {
        self.utterings.iter().any(|uttering| uttering.source.response.is_some() && uttering.start.is_some())
    }

    /// The next uttering that was heard to its end. Ask until it is none.
    pub(super) fn poll_heard(&mut self) -> Option<ItemId> {
        let first = self.utterings.front()?;
        let end = first.start.map_or(0, |start| start + first.sent + first.inserted());
        if !first.done || first.takes() || end > self.acked {
            return None;
        }
        self.utterings.pop_front().map(|uttering| uttering.source.item)
    }

    /// The uttering that is being heard by Twilio's last word, and how long before that word it began.
    pub(super) fn playing(&self) -> Option<(ItemId, Duration)> {
        let first = self.utterings.front()?;
        let start = first.start.filter(|start| *start < self.acked)?;
        Some((first.source.item.clone(), span(self.acked - start)))
    }

    /// How long what we have will still be heard; less than a frame is not sent.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        span(self.sent - self.by_clock(now) + self.queued)
    }

    /// What has been heard, in bytes: by the clock, but never past a mark that has not come back.
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

    /// The uttering that more sound may come of: the newest of the engine's.
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

    /// How much of it was heard, where so much was heard of all.
    fn heard(&self, heard: u64) -> u64 {
        let own = heard.saturating_sub(self.start.unwrap_or(u64::MAX));
        let after =
            |own: u64, (at, length): &(u64, u64)| if own > *at { own.saturating_sub(*length).max(*at) } else { own };
        self.inserted.iter().fold(own, after).min(self.received)
    }

    fn inserted(&self) -> u64 {
        self.inserted.iter().map(|(_, length)| length).sum()
    }

    /// Whether it has received more than was sent.
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
