//! Handles the caller's speech, as the engine and the local voice detector detect it.

use super::CallSession;
use super::caller_speech::GAP_FILL_MS;
use crate::audio::EncodedAudio;
use crate::call::local_speech::Change;
use crate::call::timers::Timer;
use crate::call::{EngineCommand, ItemId, Output};
use crate::domain::EngineKind;
use std::time::{Duration, Instant};

impl CallSession {
    /// Returns true while the local detector may be skipped, because the engine's detection is trusted, or the
    /// agent does not take part.
    #[must_use]
    pub fn trusts_engine(&self, now: Instant) -> bool {
        // Before the caller's first word, during the agent's speech, and while a reply is held, the local detector is
        // needed to distinguish voice from noise.
        self.is_taken_over()
            || self.is_ringing()
            || (!self.idle.may_be_silent()
                && !self.playback.is_open()
                && !self.interruptions.is_pausing()
                && !self.is_reply_held()
                && self.caller.speech.is_trusted(now))
    }

    pub(super) fn caller_audio(&mut self, timestamp_ms: u64, audio: EncodedAudio, is_voice: bool, now: Instant) {
        if !self.stream.is_open() {
            return;
        }
        if self.is_taken_over() {
            return self.outputs.push_back(Output::PlayToEmployee(audio));
        }
        if self.is_ringing() {
            return;
        }
        if let Some(evidence) = self.caller.robot.as_mut().and_then(|robot| robot.audio(&audio)) {
            return self.end_robot(evidence, now);
        }
        let length = Duration::from_millis(audio.ms());
        self.caller.audio.push(timestamp_ms, audio);
        let change = self.caller.speech.received(is_voice, self.is_agent_heard(now), length, now);
        self.local_speech_changed(change, now);
        self.note_voice();
        if self.caller.speech.were_noise(now) {
            self.noise_ended();
        }
        self.weigh_audio(is_voice, length, now);
    }

    /// A caller who speaks is not silent, even if the transcript is empty: the transcriber may not understand the words.
    fn note_voice(&mut self) {
        if self.caller.speech.is_certain() {
            self.not_silent();
        }
    }

    /// Twilio's marks may be late or lost, so the end of the sent audio is calculated from the clock.
    pub(super) fn is_agent_heard(&self, now: Instant) -> bool {
        // The caller does not hear a reply that is held.
        (self.playback.has_unsent() && !self.is_reply_held())
            || (self.playback.is_busy() && self.reply_watch.heard_until(now) > now)
    }

    pub(super) fn local_speech_changed(&mut self, change: Option<Change>, now: Instant) {
        match change {
            Some(Change::Began) => {
                self.idle.caller_is_active();
                self.timers.cancel(Timer::Idle);
                if !self.is_agent_heard(now) {
                    self.caller.audio.speech_started(None);
                }
                self.local_sound_began(now);
            }
            Some(Change::Ended { voiced, began, is_over_agent }) => {
                self.local_speech_ended(voiced, began, is_over_agent, now);
            }
            None => {}
        }
    }

    fn local_speech_ended(&mut self, voiced: Duration, began: Instant, is_over_agent: bool, now: Instant) {
        let since = self.caller.speech.last_voice().unwrap_or(now);
        let was_known = self.caller.speech.was_known();
        self.reply_watch.record_silence(since, now);
        if self.caller.speech.has_interrupted() && !self.caller.speech.is_detected() {
            if !self.detects_late() {
                return self.request_reply(since, now);
            }
            // The reply is requested when the engine has reported the words.
            return self.caller.speech.missed(since);
        }
        if self.caller.speech.has_detected(began) || self.engine.capabilities().controls_hangup {
            return;
        }
        // A sound during the agent's speech may be an echo of that speech.
        if was_known || (!is_over_agent && self.caller.speech.is_speech(voiced, began, now)) {
            self.not_silent();
            self.caller.audio.speech_started(None);
            self.caller.speech.missed(since);
        } else if is_over_agent && !self.caller.speech.has_short_sounds() {
            self.noise_ended();
        }
    }

    fn noise_ended(&mut self) {
        let is_awaited = self.responses.is_busy() || self.caller.speech.is_missed();
        if !is_awaited && !self.interruptions.has_missed_reply() {
            self.caller.audio.answered();
        }
    }

    pub(super) fn speech_started(&mut self, item: &ItemId, engine_ms: Option<u64>, now: Instant) {
        self.caller.keys.caller_spoke();
        if self.waits_for_person() {
            return;
        }
        let position = engine_ms.map(|ms| self.caller.audio.position(ms));
        let ms_ago = position.map_or(0, |position| self.caller.audio.ms_since(position));
        let at_ms = self.stream.call_ms(now).saturating_sub(ms_ago);
        let was_missed = self.caller.speech.is_missed();
        let is_replay = position.is_some_and(|position| self.caller.audio.is_replayed(position));
        self.caller.speech.started(item.clone(), is_replay, now);
        self.idle.caller_is_active();
        self.note_voice();
        if is_replay {
            // The speech started earlier, so the caller is not interrupting the agent now.
            self.discard_held_reply(now);
            self.caller.audio.speech_started(position);
            return self.transcript.caller_started_in_replay(item, at_ms);
        }
        if self.playback.has_started_response() {
            // The caller has heard a response, and continues the conversation.
            self.mark_answered();
        }
        self.transcript.caller_started(item, at_ms);
        self.caller.audio.speech_started(position);
        // The caller has spoken before the built-in sentence that may be audible now.
        let is_interruption = self.interruptions.is_pausing() || self.responses.is_replying();
        if !was_missed || !self.detects_late() || is_interruption {
            self.sound_began(item, now);
        }
    }

    pub(super) fn speech_stopped(&mut self, item: &ItemId, engine_ms: Option<u64>, now: Instant) {
        if self.caller.speech.is_ended(item) {
            return self.caller.speech.stopped(now);
        }
        let audio = &self.caller.audio;
        let ended = self.caller.speech.ended_at(engine_ms.map(|ms| audio.ms_since(audio.position(ms))), now);
        self.caller.speech.stopped(now);
        self.transcript.caller_stopped(item, self.stream.call_ms(ended), ended);
        self.reply_watch.record_silence(ended, now);
        if !self.sound_ended(item, ended, now) {
            self.reply_to_turn(item, ended, now);
        }
    }

    /// Returns true if the engine reports speech only with its words, after the speech has ended.
    pub(super) fn detects_late(&self) -> bool {
        let is_pipeline = self.engine.kind() == EngineKind::Pipeline && self.engine.is_ready();
        is_pipeline && self.policy.pipeline_detects_late
    }

    /// The caller has been silent since `silent`.
    pub(super) fn request_reply(&mut self, silent: Instant, now: Instant) {
        if self.is_live() && !self.engine.capabilities().controls_hangup {
            self.interruptions.replied();
            self.agent_text.turn_began();
            self.responses.request_reply();
            self.reply_watch.record_silence(silent, now);
        }
    }

    pub(super) fn watch_speech(&mut self, now: Instant) {
        self.timers.set_or_cancel(Timer::MediaGap, self.caller.speech.gap_at(now));
        self.timers.set_or_cancel(Timer::Stuck, self.stuck_at(now));
    }

    /// An engine that leads the turns ends them itself.
    fn stuck_at(&self, now: Instant) -> Option<Instant> {
        let can_end_turn = self.engine.is_ready() && !self.engine.capabilities().leads_turns;
        let turn_end = match self.engine.kind() {
            EngineKind::Pipeline => self.policy.pipeline_turn_end.unwrap_or(self.policy.turn_end),
            EngineKind::Realtime | EngineKind::Live | EngineKind::Voicemail => self.policy.turn_end,
        };
        self.caller.speech.stuck_at(turn_end, now).filter(|_| can_end_turn)
    }

    /// Ends the caller's turn with the audio so far, because the engine detects endless speech, for example in music or
    /// in the noise of a car.
    pub(super) fn stuck(&mut self, now: Instant) {
        if self.stuck_at(now).is_none_or(|at| at > now) {
            return;
        }
        let Some((item, quiet)) = self.caller.speech.end_detected() else { return };
        self.transcript.caller_stopped(&item, self.stream.call_ms(quiet), quiet);
        self.reply_watch.record_silence(quiet, now);
        self.command(EngineCommand::Commit);
        if !self.sound_ended(&item, quiet, now) {
            self.request_reply(quiet, now);
        }
    }

    pub(super) fn media_gap(&mut self, now: Instant) {
        let change = self.caller.speech.end_local();
        self.local_speech_changed(change, now);
        if self.caller.speech.fill_gap() {
            self.caller.audio.fill_gap(GAP_FILL_MS);
        }
    }

    pub(super) fn mark_answered(&mut self) {
        self.early_replies.answered();
        self.caller.audio.answered();
        self.caller.keys.answered();
        self.notes.answered();
        self.transcript.answered();
    }
}
