//! Holds and resumes the playback. The unheard audio is kept, and resumes at the start of the word that was cut off.

use super::word_start::word_start;
use super::{Playback, SentPiece};
use crate::audio::{BYTES_PER_MS, EncodedAudio, FRAME_BYTES};
use crate::call::ItemId;
use std::time::Instant;

/// The maximum amount of heard audio that is repeated.
const MAX_REPEAT: u64 = 800 * BYTES_PER_MS;
const FRAME: u64 = FRAME_BYTES as u64;

impl Playback {
    /// Keeps a sent piece for a repetition, and drops pieces that were heard more than `MAX_REPEAT` ago.
    pub(super) fn remember(&mut self, start: u64, item: &ItemId, audio: &EncodedAudio) {
        while self.recent.front().is_some_and(|piece| piece.end() + MAX_REPEAT <= self.acked) {
            self.recent.pop_front();
        }
        self.recent.push_back(SentPiece { start, item: item.clone(), audio: audio.clone() });
    }

    /// Withdraws the audio that was sent and not heard. Nothing is sent until [`Playback::resume`]; audio that arrives
    /// meanwhile is queued after the withdrawn audio. Marks that were sent earlier are then ignored.
    pub(in crate::call) fn hold(&mut self, now: Instant) {
        let heard = self.heard(now);
        let resume = self.resume_offset(heard);
        let mut held = Self { is_held: true, ..self.next_generation() };
        held.queue =
            self.recent.drain(..).filter_map(|piece| Some((piece.item.clone(), piece.from(resume)?))).collect();
        held.queue.append(&mut self.queue);
        held.queued = held.queue.iter().map(|(_, audio)| audio.len() as u64).sum();
        held.utterances = std::mem::take(&mut self.utterances);
        for utterance in &mut held.utterances {
            utterance.rewind(resume, heard);
        }
        held.partial_frame = std::mem::take(&mut self.partial_frame);
        *self = held;
    }

    /// Sends nothing until [`Playback::resume`]. The audio that was sent plays to its end.
    pub(in crate::call) fn hold_unsent(&mut self) {
        self.is_held = true;
    }

    pub(in crate::call) fn resume(&mut self) {
        self.is_held = false;
    }

    /// Returns true while the playback is held and nothing was sent since the last hold or clear, so that Twilio has no
    /// audio to drop.
    pub(in crate::call) fn is_withdrawn(&self) -> bool {
        self.is_held && self.sent == 0
    }

    /// Returns the offset at which the playback resumes after the audio was heard up to `heard`. The result is a whole
    /// number of frames.
    fn resume_offset(&self, heard: u64) -> u64 {
        let next_frame = heard.next_multiple_of(FRAME).min(self.sent);
        let Some(last) = self.recent.iter().rposition(|piece| piece.start <= heard && heard < piece.end()) else {
            return next_frame;
        };
        let item = &self.recent[last].item;
        let utterance = self.utterances.iter().find(|utterance| utterance.source.item == *item);
        if utterance.is_none_or(|utterance| utterance.heard(heard) >= utterance.received) {
            return next_frame;
        }
        let is_near = |piece: &&SentPiece| piece.item == *item && piece.end() + MAX_REPEAT > heard;
        let pieces: Vec<_> = self.recent.iter().take(last + 1).rev().take_while(is_near).collect();
        let Some(first) = pieces.last().map(|piece| piece.start) else { return next_frame };
        let mut samples = Vec::new();
        for piece in pieces.iter().rev() {
            piece.audio.decode_into(&mut samples);
        }
        let from = heard.saturating_sub(MAX_REPEAT).max(first).next_multiple_of(FRAME);
        let end = heard - heard % FRAME;
        if from >= end {
            return from.min(next_frame);
        }
        let place = |offset: u64| usize::try_from(offset - first).unwrap_or(0).min(samples.len());
        from + word_start(&samples[place(from)..place(end)]) as u64
    }
}
