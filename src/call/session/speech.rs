//! When the caller speaks: the engine says so, and our own detector is the second witness.

use super::CallSession;
use crate::audio::EncodedAudio;
use crate::call::local_speech::Change;
use crate::call::timers::Timer;
use crate::call::{EngineCommand, ItemId, Wish};
use std::time::{Duration, Instant};

/// A line that brings nothing for so long within speech has a hole.
const MEDIA_GAP: Duration = Duration::from_millis(750);
/// A line that breaks off within a word is late, and is waited for longer: what it holds back comes whole.
const LATE_LINE: Duration = Duration::from_secs(3);
/// What the engine then hears, again and again while the line stays silent.
const GAP_FILL_MS: u64 = 1000;
/// Who speaks into so many of them does not speak any more, whatever the engine thinks.
const MAX_GAP_FILLS: u32 = 10;
/// Speech with less voice than this may be a noise; the engine need not react to it.
const SURE_SPEECH: Duration = Duration::from_millis(600);
/// So much later than it should have, an engine that has not noticed the end of speech is told of it.
const STUCK_GRACE: Duration = Duration::from_secs(1);
/// Nobody speaks for longer without a pause: that is music, which our own detector takes for a voice as well.
const LONGEST_TURN: Duration = Duration::from_mins(1);
/// An engine that noticed speech so long before our own detector has noticed the same.
const SAME_SPEECH: Duration = Duration::from_secs(1);
/// A moment that the engine tells is believed if it is not longer ago.
const RECENT_MS: u64 = 5000;

/// What is known of the caller's voice.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// By the engine: which uttering goes on.
    engine: Option<ItemId>,
    /// When the engine last noticed its beginning or its end.
    engine_noticed: Option<Instant>,
    /// When the caller's sound last came.
    last_media: Option<Instant>,
    /// Seconds of silence put into the caller's present speech, because the line brings nothing.
    gap_fills: u32,
}

impl CallSession {
    /// Whether whatever is said now is said into the caller's words.
    pub(super) fn is_spoken_over(&self, now: Instant) -> bool {
        self.speech.engine.is_some() || self.local_speech.is_speaking(now)
    }

    /// Whether the engine hears the caller speak.
    pub(super) fn engine_hears_speech(&self) -> bool {
        self.speech.engine.is_some()
    }

    /// Whether our own detector need not look closely, since the engine hears the caller speak.
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
        let change = self.local_speech.hear(is_voice, length, now);
        self.local_speech_changed(change, now);
    }

    pub(super) fn local_speech_changed(&mut self, change: Option<Change>, now: Instant) {
        match change {
            Some(Change::Began) => {
                self.idle_prompts = 0;
                self.timers.cancel(Timer::Idle);
                if !self.playback.is_busy() {
                    self.caller_audio.speech_began(None);
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
        if is_known || self.engine().caps().ends_the_call {
            return;
        }
        // What comes back of the agent's own voice is no answer to it.
        if voiced < SURE_SPEECH || self.playback.is_busy() {
            if !self.responses.is_busy() && self.unheard_since.is_none() {
                self.caller_audio.answered();
            }
            return;
        }
        self.caller_audio.speech_began(None);
        if self.unheard_since.is_none() {
            self.unheard_since = Some(since);
        }
    }

    pub(super) fn speech_started(&mut self, item: &ItemId, engine_ms: Option<u64>, now: Instant) {
        if self.is_transferring() {
            return;
        }
        let at_ms = self.call_ms(now);
        let place = engine_ms.map(|ms| self.caller_audio.place(ms));
        self.speech.engine = Some(item.clone());
        self.speech.engine_noticed = Some(now);
        self.unheard_since = None;
        self.idle_prompts = 0;
        self.speech.gap_fills = 0;
        if place.is_some_and(|place| self.caller_audio.is_replayed(place)) {
            // It was said before: nobody speaks into anything now.
            self.caller_audio.speech_began(place);
            return self.transcript.caller_started_again(item, at_ms);
        }
        if self.playback.has_begun_answer() {
            // The caller has heard an answer, and goes on from there.
            self.has_answered();
        }
        self.transcript.caller_started(item, at_ms);
        self.caller_audio.speech_began(place);
        self.barge_in(self.engine().caps().cancels_on_speech, now);
    }

    pub(super) fn speech_stopped(&mut self, item: &ItemId, engine_ms: Option<u64>, now: Instant) {
        let ended = self.true_end(engine_ms, now);
        self.speech.engine = None;
        self.speech.engine_noticed = Some(now);
        self.local_speech.end();
        self.transcript.caller_stopped(item, self.call_ms(now), ended);
        if self.is_live() && !self.engine().caps().ends_the_call {
            self.responses.expect();
            self.watch.silent_since(ended, now);
        }
    }

    /// When the caller's voice ended: the engine's word for it, else our own detector's, else now.
    fn true_end(&self, engine_ms: Option<u64>, now: Instant) -> Instant {
        let told = engine_ms.map(|ms| self.caller_audio.ms_since(self.caller_audio.place(ms)));
        let told = told.filter(|ago| *ago <= RECENT_MS).and_then(|ago| now.checked_sub(Duration::from_millis(ago)));
        let heard = self
            .local_speech
            .last_voice()
            .filter(|at| now.saturating_duration_since(*at).as_millis() <= RECENT_MS.into());
        told.or(heard).unwrap_or(now)
    }

    /// Sets what follows from who speaks.
    pub(super) fn watch_speech(&mut self, now: Instant) {
        let hears = self.speech.engine.is_some();
        let media = self.speech.last_media.max(self.speech.engine_noticed).unwrap_or(now);
        let gap = if self.local_speech.is_in_word() { LATE_LINE } else { MEDIA_GAP };
        let fills = Duration::from_millis(GAP_FILL_MS) * self.speech.gap_fills;
        let is_watched = hears || self.local_speech.is_speaking(now);
        self.timers.set_or_cancel(Timer::MediaGap, is_watched.then(|| media + gap + fills));
        self.timers.set_or_cancel(Timer::Stuck, self.stuck_at(now));
    }

    /// When the engine alone thinks that the caller still speaks, and has had its time.
    fn stuck_at(&self, now: Instant) -> Option<Instant> {
        let noticed = self.speech.engine_noticed.filter(|_| self.speech.engine.is_some())?;
        let caps = self.engine().caps();
        // A line that brings nothing is another matter.
        let is_on = self.speech.last_media.is_some_and(|at| now.saturating_duration_since(at) < MEDIA_GAP);
        if !caps.can_improvise || !self.engine.is_ready || !is_on {
            return None;
        }
        let endless = noticed + LONGEST_TURN;
        if self.local_speech.is_speaking(now) {
            return Some(endless);
        }
        let quiet = self.local_speech.last_voice().map_or(noticed, |voice| voice.max(noticed));
        Some(endless.min(quiet + self.policy.turn_end + STUCK_GRACE))
    }

    /// The engine hears speech without end where there is none, for there is music or a motor: it takes what it has.
    pub(super) fn stuck(&mut self, now: Instant) {
        if self.stuck_at(now).is_none_or(|at| at > now) {
            return;
        }
        let Some(item) = self.speech.engine.take() else { return };
        let quiet = self.local_speech.last_voice().unwrap_or(now);
        self.transcript.caller_stopped(&item, self.call_ms(now), quiet);
        self.command(EngineCommand::Commit);
        self.responses.want(Wish::Answer);
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

    /// Nobody speaks with us any more.
    pub(super) fn forget_speech(&mut self) {
        self.local_speech.end();
        (self.speech.engine, self.speech.engine_noticed) = (None, None);
        self.unheard_since = None;
    }

    /// The engine is lost, and with it what it heard. The next one must react to it.
    pub(super) fn forget_engine_speech(&mut self, now: Instant) {
        self.speech.engine_noticed = None;
        if self.speech.engine.take().is_some() && !self.local_speech.is_speaking(now) {
            self.unheard_since.get_or_insert(now);
        }
    }

    /// What the caller has said so far is answered.
    pub(super) fn has_answered(&mut self) {
        self.caller_audio.answered();
        self.transcript.answered();
    }
}
