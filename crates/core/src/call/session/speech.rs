//! The caller's speech: detected by the engine, and checked by the local voice detector.

use super::CallSession;
use crate::audio::EncodedAudio;
use crate::call::local_speech::Change;
use crate::call::timers::Timer;
use crate::call::{EngineCommand, ItemId, ResponseRequest};
use std::time::{Duration, Instant};

/// If no audio arrives for this long during speech, the line has a gap.
const MEDIA_GAP: Duration = Duration::from_millis(750);
/// A line that stops during a word is late, and gets more time: the delayed audio arrives in full.
const LATE_MEDIA_GAP: Duration = Duration::from_secs(3);
/// How much silence the engine is then sent, repeated while the gap lasts.
const GAP_FILL_MS: u64 = 1000;
/// After this many, the caller does not speak any more, whatever the engine reports.
const MAX_GAP_FILLS: u32 = 10;
/// Speech with less voice may be noise; the engine need not react to it.
const SURE_SPEECH: Duration = Duration::from_millis(600);
/// An engine that has not detected the end of speech this long after it should have is instructed to end the turn.
const STUCK_GRACE: Duration = Duration::from_secs(1);
/// Speech without a pause is shorter than this: longer sound is music, which the local detector also classifies as
/// voice.
const MAX_TURN: Duration = Duration::from_mins(1);
/// If the engine detected speech at most this long before the local detector, both detected the same speech.
const SAME_SPEECH: Duration = Duration::from_secs(1);
/// A time that the engine reports is used only if it is at most this long ago.
const RECENT_MS: u64 = 5000;

/// The state of the caller's speech.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// The utterance that is in progress by the engine's detection.
    engine: Option<ItemId>,
    /// When the engine last detected its start or its end.
    engine_noticed: Option<Instant>,
    /// When the caller's audio last arrived.
    last_media: Option<Instant>,
    /// Seconds of silence that were inserted into the current speech because no audio arrived.
    gap_fills: u32,
}

impl CallSession {
    /// Returns true while agent speech would talk over the caller.
    pub(super) fn is_spoken_over(&self, now: Instant) -> bool {
        self.speech.engine.is_some() || self.local_speech.is_speaking(now)
    }

    /// Returns true while the engine detects speech.
    pub(super) fn engine_detects_speech(&self) -> bool {
        self.speech.engine.is_some()
    }

    /// Returns true while the local detector may be skipped, because the engine detects speech.
    #[must_use]
    pub fn trusts_engine(&self, now: Instant) -> bool {
        let noticed = self.speech.engine_noticed.filter(|_| self.speech.engine.is_some());
        noticed.is_some_and(|at| now.saturating_duration_since(at) < super::TRUSTED)
    }

    pub(super) fn caller_audio(&mut self, timestamp_ms: u64, audio: EncodedAudio, is_voice: bool, now: Instant) {
        if self.stream_began.is_none() {
            return;
        }
        self.speech.last_media = Some(now);
        self.speech.gap_fills = 0;
        let length = Duration::from_millis(audio.ms());
        self.caller_audio.push(timestamp_ms, audio);
        let change = self.local_speech.push(is_voice, length, now);
        self.local_speech_changed(change, now);
    }

    pub(super) fn local_speech_changed(&mut self, change: Option<Change>, now: Instant) {
        match change {
            Some(Change::Began) => {
                self.idle_prompts = 0;
                self.timers.cancel(Timer::Idle);
                if !self.playback.is_busy() {
                    self.caller_audio.speech_started(None);
                }
            }
            Some(Change::Ended { voiced, began }) => self.local_speech_ended(voiced, began, now),
            None => {}
        }
    }

    fn local_speech_ended(&mut self, voiced: Duration, began: Instant, now: Instant) {
        let since = self.local_speech.last_voice().unwrap_or(now);
        self.watch.silent_since(since, now);
        let noticed = self.speech.engine_noticed.is_some_and(|at| at + SAME_SPEECH > began);
        let is_known = self.speech.engine.is_some() || noticed;
        if is_known || self.engine().capabilities().controls_hangup {
            return;
        }
        // An echo of the agent's own voice is no reply to it.
        if voiced < SURE_SPEECH || self.playback.is_busy() {
            if !self.responses.is_busy() && self.undetected_since.is_none() {
                self.caller_audio.answered();
            }
            return;
        }
        self.caller_audio.speech_started(None);
        if self.undetected_since.is_none() {
            self.undetected_since = Some(since);
        }
    }

    pub(super) fn speech_started(&mut self, item: &ItemId, engine_ms: Option<u64>, now: Instant) {
        if self.is_transferring() {
            return;
        }
        let at_ms = self.call_ms(now);
        let position = engine_ms.map(|ms| self.caller_audio.position(ms));
        self.speech.engine = Some(item.clone());
        self.speech.engine_noticed = Some(now);
        self.undetected_since = None;
        self.idle_prompts = 0;
        self.speech.gap_fills = 0;
        if position.is_some_and(|position| self.caller_audio.is_replayed(position)) {
            // The speech started earlier: the caller does not speak over anything now.
            self.caller_audio.speech_started(position);
            return self.transcript.caller_started_in_replay(item, at_ms);
        }
        if self.playback.has_started_response() {
            // The caller has heard a response, and continues the conversation.
            self.mark_answered();
        }
        self.transcript.caller_started(item, at_ms);
        self.caller_audio.speech_started(position);
        self.barge_in(self.engine().capabilities().cancels_on_speech, now);
    }

    pub(super) fn speech_stopped(&mut self, item: &ItemId, engine_ms: Option<u64>, now: Instant) {
        let ended = self.speech_end(engine_ms, now);
        self.speech.engine = None;
        self.speech.engine_noticed = Some(now);
        self.local_speech.end();
        self.transcript.caller_stopped(item, self.call_ms(now), ended);
        if self.is_live() && !self.engine().capabilities().controls_hangup {
            self.responses.expect_reply();
            self.watch.silent_since(ended, now);
        }
    }

    /// When the caller's voice ended: by the engine's report, else by the local detector, else now.
    fn speech_end(&self, engine_ms: Option<u64>, now: Instant) -> Instant {
        let reported = engine_ms.map(|ms| self.caller_audio.ms_since(self.caller_audio.position(ms)));
        let reported =
            reported.filter(|ago| *ago <= RECENT_MS).and_then(|ago| now.checked_sub(Duration::from_millis(ago)));
        let detected = self
            .local_speech
            .last_voice()
            .filter(|at| now.saturating_duration_since(*at).as_millis() <= RECENT_MS.into());
        reported.or(detected).unwrap_or(now)
    }

    /// Sets the timers that depend on who speaks.
    pub(super) fn watch_speech(&mut self, now: Instant) {
        let is_detected = self.speech.engine.is_some();
        let media = self.speech.last_media.max(self.speech.engine_noticed).unwrap_or(now);
        let gap = if self.local_speech.is_in_word() { LATE_MEDIA_GAP } else { MEDIA_GAP };
        let fills = Duration::from_millis(GAP_FILL_MS) * self.speech.gap_fills;
        let is_watched = is_detected || self.local_speech.is_speaking(now);
        self.timers.set_or_cancel(Timer::MediaGap, is_watched.then(|| media + gap + fills));
        self.timers.set_or_cancel(Timer::Stuck, self.stuck_at(now));
    }

    /// When the time is over for speech that only the engine detects.
    fn stuck_at(&self, now: Instant) -> Option<Instant> {
        let noticed = self.speech.engine_noticed.filter(|_| self.speech.engine.is_some())?;
        let capabilities = self.engine().capabilities();
        // A gap in the line is handled separately.
        let is_on = self.speech.last_media.is_some_and(|at| now.saturating_duration_since(at) < MEDIA_GAP);
        if !capabilities.can_follow_instructions || !self.engine.is_ready || !is_on {
            return None;
        }
        let endless = noticed + MAX_TURN;
        if self.local_speech.is_speaking(now) {
            return Some(endless);
        }
        let quiet = self.local_speech.last_voice().map_or(noticed, |voice| voice.max(noticed));
        Some(endless.min(quiet + self.policy.turn_end + STUCK_GRACE))
    }

    /// The engine detects speech that never ends, because of music or engine noise: its turn is ended with the audio it
    /// has.
    pub(super) fn stuck(&mut self, now: Instant) {
        if self.stuck_at(now).is_none_or(|at| at > now) {
            return;
        }
        let Some(item) = self.speech.engine.take() else { return };
        let quiet = self.local_speech.last_voice().unwrap_or(now);
        self.transcript.caller_stopped(&item, self.call_ms(now), quiet);
        self.command(EngineCommand::Commit);
        self.responses.request(ResponseRequest::Reply);
        self.watch.silent_since(quiet, now);
    }

    pub(super) fn media_gap(&mut self, now: Instant) {
        let change = self.local_speech.end();
        self.local_speech_changed(change, now);
        if self.speech.engine.is_none() {
            return;
        }
        if self.speech.gap_fills < MAX_GAP_FILLS {
            self.speech.gap_fills += 1;
            self.caller_audio.fill_gap(GAP_FILL_MS);
        } else {
            self.speech.engine = None;
        }
    }

    /// No caller is connected any more.
    pub(super) fn forget_speech(&mut self) {
        self.local_speech.end();
        (self.speech.engine, self.speech.engine_noticed) = (None, None);
        self.undetected_since = None;
    }

    /// The engine is lost with the speech that it received. The next engine must react to that speech.
    pub(super) fn forget_engine_speech(&mut self, now: Instant) {
        self.speech.engine_noticed = None;
        if self.speech.engine.take().is_some() && !self.local_speech.is_speaking(now) {
            self.undetected_since.get_or_insert(now);
        }
    }

    /// Everything that the caller has said so far is answered.
    pub(super) fn mark_answered(&mut self) {
        self.caller_audio.answered();
        self.transcript.answered();
    }
}
