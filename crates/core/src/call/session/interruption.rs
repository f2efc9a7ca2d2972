//! Decides whether a sound of the caller during the agent's speech is an interruption. Until the decision, the agent is
//! usually stopped, and the unheard audio is kept. After a back-channel, a cough or another noise, the agent resumes at
//! the start of the word that was cut off.

mod pause;

use super::{CallSession, Phase};
use crate::call::back_channel::{SpeechKind, classify};
use crate::call::local_speech;
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, FalseBargeIn, ItemId, Output};
use crate::domain::EndReason;
pub(super) use pause::CompletedCalls;
use pause::{MAX_UNDECIDED, Pause, PossibleReply, ReplyCause, Utterance};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The amount of voice that confirms an interruption while the agent is stopped, whatever the words are. The engine
/// must have detected the sound, too.
const SPEECH: Duration = Duration::from_millis(500);
/// A sound is a noise after this much audio without voice.
const NOISE: Duration = Duration::from_millis(600);
/// A complete response counts as finished if at most this much of it is unheard. A sound is then a new turn of the
/// caller, not an interruption.
const OVER: Duration = Duration::from_millis(100);
/// If at most this much of a complete response is unheard, a back-channel is a reply to the response.
const NEARLY_OVER: Duration = Duration::from_secs(1);
/// After this many noises in a row, a sound without voice no longer stops the agent.
const MAX_NOISES: u32 = 2;
/// A back-channel is a reply to a question that the agent finishes at most this long after the back-channel.
const REPLY_WINDOW: Duration = Duration::from_secs(5);
/// Speech that the engine did not detect is a reply if the agent finishes at most this long after that speech.
const MISSED_WINDOW: Duration = Duration::from_secs(3);
/// The engine and the local detector find the end of the same voice at times that differ by at most this much.
pub(super) const SAME_END: Duration = Duration::from_millis(150);
/// How long after the end of the agent's audio the caller has time to say more. After this time, the caller's earlier
/// sound counts as the reply.
const REPLY_DELAY: Duration = Duration::from_millis(700);

#[derive(Debug, Default)]
pub(super) struct Interruptions {
    /// The stop of the agent while the caller's sound is not yet classified.
    pause: Option<Pause>,
    /// The caller's utterances during which the agent continues to speak, and whose words are not yet known.
    undecided: VecDeque<Utterance>,
    /// The number of noises since the caller last spoke.
    noises: u32,
    /// True if the local detector alone has stopped the agent without a result. Its detection alone then no longer
    /// stops the agent.
    is_local_unsure: bool,
    /// The latest sound during the agent's speech that may be a reply to it.
    reply: Option<PossibleReply>,
}

impl Interruptions {
    pub(super) fn is_pausing(&self) -> bool {
        self.pause.is_some()
    }

    /// Returns true while it is not known whether a sound of the caller needs a reply.
    pub(super) fn is_undecided(&self) -> bool {
        self.is_pausing() || self.reply.is_some() || !self.undecided.is_empty()
    }

    /// Returns true if the agent may speak while the engine detects this utterance.
    pub(super) fn tolerates(&self, item: &ItemId) -> bool {
        self.is_pausing() || self.undecided.iter().any(|utterance| utterance.item == *item)
    }

    /// Returns false if the agent is not stopped.
    pub(super) fn defer(&mut self, calls: &CompletedCalls) -> bool {
        let Some(pause) = &mut self.pause else { return false };
        pause.calls = Some(calls.clone());
        true
    }

    /// Returns true if the caller may have given a reply that the engine did not detect.
    pub(super) fn has_missed_reply(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| matches!(reply.cause, ReplyCause::Missed(_)))
    }

    pub(super) fn replied(&mut self) {
        self.undecided.clear();
        self.reply = None;
    }

    fn follow(&mut self, utterances: impl IntoIterator<Item = Utterance>) {
        self.undecided.extend(utterances);
        while self.undecided.len() > MAX_UNDECIDED {
            self.undecided.pop_front();
        }
    }
}

impl CallSession {
    /// Returns true while the engine detects speech during which the agent must not speak.
    pub(super) fn is_spoken_over(&self) -> bool {
        self.caller.speech.detected().is_some_and(|item| !self.interruptions.tolerates(item))
    }

    pub(super) fn sound_began(&mut self, item: &ItemId, now: Instant) {
        if self.is_reply_held() {
            let utterance =
                Utterance { item: item.clone(), is_reply_possible: false, has_voice: false, is_unknowable: false };
            return self.interruptions.follow([utterance]);
        }
        if let Some(pause) = &mut self.interruptions.pause {
            self.interruptions.is_local_unsure &= !pause.utterances.is_empty();
            return pause.sound_began(item, now);
        }
        let is_over = self.is_live() && !self.responses.is_replying() && self.playback.remaining(now) <= OVER;
        if self.engine.capabilities().leads_turns || !self.stream.is_open() || is_over {
            self.interruptions.reply = None;
            return self.barge_in(self.engine.capabilities().leads_turns, now);
        }
        if self.interruptions.noises >= MAX_NOISES && !self.caller.speech.has_local_voice(now) {
            let is_reply_possible = self.is_reply_possible(now);
            let utterance = Utterance { item: item.clone(), is_reply_possible, has_voice: false, is_unknowable: false };
            return self.interruptions.follow([utterance]);
        }
        self.pause(Some(item.clone()), now);
    }

    pub(super) fn local_sound_began(&mut self, now: Instant) {
        // An engine that detects speech late would begin a response while the caller speaks.
        let is_replying = self.is_agent_heard(now) || (self.detects_late() && self.responses.is_replying());
        let is_possible = !self.engine.capabilities().leads_turns && self.stream.is_open() && is_replying;
        if !is_possible || self.interruptions.is_pausing() {
            return;
        }
        let detected = self.caller.speech.detected().cloned();
        if detected.is_some() || !self.interruptions.is_local_unsure {
            self.pause(detected, now);
        }
    }

    fn pause(&mut self, item: Option<ItemId>, now: Instant) {
        let earlier_reply = self.interruptions.reply.take();
        let is_reply_possible = self.is_reply_possible(now);
        let was_cleared = self.playback.is_open();
        // The sound may have begun this long before it was found.
        let is_heard = self.reply_watch.hears_response(local_speech::SPEECH, now);
        let is_caller_waiting = !is_heard || self.caller.speech.is_missed();
        self.playback.hold(now);
        if was_cleared {
            self.outputs.push_back(Output::Clear { heard_until_ms: self.stream.stream_ms(now) });
            self.reply_watch.cleared(now);
        }
        let has_voice = self.caller.speech.has_local_voice(now);
        self.interruptions.undecided.retain(|utterance| Some(&utterance.item) != item.as_ref());
        self.interruptions.pause = Some(Pause {
            since: now,
            sound_since: now,
            utterances: item
                .into_iter()
                .map(|item| Utterance { item, is_reply_possible, has_voice, is_unknowable: false })
                .collect(),
            stopped: None,
            voiced: Duration::ZERO,
            quiet: Duration::ZERO,
            noise: Duration::ZERO,
            last_voice: has_voice.then_some(now),
            is_reply_possible,
            was_cleared,
            expects_words: self.detects_late(),
            is_caller_waiting,
            calls: None,
            is_completed: false,
            earlier_reply,
        });
    }

    /// Returns true if the agent has nearly finished, or says goodbye because of the caller's silence, so that even a
    /// "yes" is a reply to the agent.
    fn is_reply_possible(&self, now: Instant) -> bool {
        match self.phase {
            Phase::Live => !self.responses.is_replying() && self.playback.remaining(now) <= NEARLY_OVER,
            Phase::Ending { reason, .. } => matches!(reason, EndReason::Idle | EndReason::Silent),
            _ => false,
        }
    }

    pub(super) fn weigh_audio(&mut self, is_voice: bool, length: Duration, now: Instant) {
        let Some(pause) = &mut self.interruptions.pause else { return };
        pause.heard(is_voice, length, now);
        let voiced = pause.voiced;
        // Sound that the engine does not detect may be a television; the engine would not reply to it.
        let (is_detected, is_undetectable) = (!pause.utterances.is_empty(), pause.expects_words);
        let is_noise = !pause.has_voice() && pause.noise >= NOISE;
        // The agent is stopped, so the voice is no echo.
        if is_detected && voiced >= local_speech::SPEECH {
            self.not_silent();
        }
        if (is_detected || is_undetectable) && voiced >= SPEECH {
            self.confirm_interruption(self.caller.speech.is_in_progress(now), now);
        } else if is_noise {
            self.undo_interruption(FalseBargeIn::Noise, now);
        }
    }

    /// Returns true if the caller spoke during the agent's speech: the words of the utterance then decide whether it
    /// needs a reply. The voice of the utterance ended at `ended`.
    pub(super) fn sound_ended(&mut self, item: &ItemId, ended: Instant, now: Instant) -> bool {
        let is_item = |utterance: &Utterance| utterance.item == *item;
        let has_more = self.has_voice_since(ended);
        if let Some(pause) = &mut self.interruptions.pause {
            pause.follow(item);
            pause.stopped = Some(now).filter(|_| !pause.expects_words || !has_more);
            return true;
        }
        // An utterance that lasted longer than the agent's speech is a normal turn.
        let is_speaking = self.is_agent_heard(now) || self.responses.is_replying() || self.is_reply_held();
        is_speaking && self.interruptions.undecided.iter().any(is_item)
    }

    /// Continues the agent's speech if the agent was stopped because of a sound without words.
    pub(super) fn sound_without_words(&mut self, until_ms: u64, now: Instant) {
        let audio = &self.caller.audio;
        let ended = self.caller.speech.ended_at(Some(audio.ms_since(audio.position(until_ms))), now);
        let is_open = |pause: &Pause| pause.expects_words && pause.utterances.is_empty();
        if self.interruptions.pause.as_ref().is_some_and(is_open) && !self.has_voice_since(ended) {
            self.undo_interruption(FalseBargeIn::Noise, now);
        }
    }

    /// Returns true if the caller has made a further sound since the end of an utterance.
    fn has_voice_since(&self, ended: Instant) -> bool {
        self.caller.speech.last_voice().is_some_and(|voice| voice > ended + SAME_END)
    }

    pub(super) fn weigh_words(&mut self, item: &ItemId, is_final: bool, now: Instant) {
        let is_item = |utterance: &Utterance| utterance.item == *item;
        let paused = self.interruptions.pause.as_ref().map(|pause| &pause.utterances);
        let found =
            paused.into_iter().flatten().chain(&self.interruptions.undecided).find(|utterance| is_item(utterance));
        let Some(is_reply_possible) = found.map(|utterance| utterance.is_reply_possible) else { return };
        let words = classify(self.transcript.caller_words(item), is_final);
        if words == SpeechKind::Speech || (is_final && words == SpeechKind::BackChannel && is_reply_possible) {
            // The local detector is not used here: it may be detecting an echo of the agent.
            return self.confirm_interruption(self.caller.speech.is_detected(), now);
        }
        if !is_final {
            return;
        }
        self.interruptions.undecided.retain(|utterance| !is_item(utterance));
        if words == SpeechKind::BackChannel && !self.interruptions.is_pausing() {
            self.interruptions.reply = Some(self.possible_reply(ReplyCause::BackChannel, now));
        }
        if words == SpeechKind::None && !self.caller.speech.is_detecting(item) {
            // Delete the noise from the engine's conversation, so that the model does not reply to it later.
            self.command(EngineCommand::Delete { item: item.clone() });
            self.interruptions.reply = None;
        }
        let Some(pause) = &mut self.interruptions.pause else { return };
        pause.utterances.retain(|utterance| !is_item(utterance));
        if pause.utterances.is_empty() && pause.stopped.is_some() {
            let is_word = words == SpeechKind::BackChannel;
            self.undo_interruption(if is_word { FalseBargeIn::BackChannel } else { FalseBargeIn::Noise }, now);
        }
    }

    fn confirm_interruption(&mut self, is_speaking: bool, now: Instant) {
        let pause = self.interruptions.pause.as_ref();
        let since = pause.map_or(now, |pause| pause.sound_since);
        let stopped = pause.and_then(|pause| pause.last_voice.or(pause.stopped));
        let ended = pause.and_then(|pause| pause.utterances.back()).map(|utterance| utterance.item.clone());
        let ms_ago = u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(0);
        self.barge_in(false, now);
        if stopped.is_some() {
            self.reply_watch.forget_silence();
        }
        let stopped = stopped.unwrap_or(now);
        let position = self.caller.audio.position_ago(ms_ago);
        self.caller.audio.speech_started(Some(position));
        if is_speaking {
            self.caller.speech.interrupts();
        } else if let Some(item) = ended {
            self.reply_to_turn(&item, stopped, now);
        } else {
            self.request_reply(stopped, now);
        }
    }

    /// Decides about a pause when the engine is lost, because the words of the sound and the rest of the response may
    /// be lost too.
    pub(super) fn engine_lost_in_pause(&mut self, now: Instant) {
        match &self.interruptions.pause {
            Some(pause) if pause.utterances.is_empty() => self.undo_interruption(FalseBargeIn::Unknown, now),
            Some(_) => self.confirm_interruption(self.caller.speech.is_in_progress(now), now),
            None => {}
        }
    }

    fn possible_reply(&self, cause: ReplyCause, now: Instant) -> PossibleReply {
        PossibleReply { at: now, turn: self.transcript.last_agent_item(), silent_since: None, cause }
    }

    /// Returns true if the agent is stopped: the response was then not heard completely.
    pub(super) fn completed_in_pause(&mut self) -> bool {
        let Some(pause) = &mut self.interruptions.pause else { return false };
        pause.is_completed = true;
        true
    }

    fn undo_interruption(&mut self, cause: FalseBargeIn, now: Instant) {
        let Some(mut pause) = self.interruptions.pause.take() else { return };
        // The response may have been completed meanwhile.
        pause.is_reply_possible |= cause == FalseBargeIn::Unknown && self.is_reply_possible(now);
        self.playback.resume();
        self.reply_watch.response_audible(self.playback.remaining(now), now);
        self.transcript.needs_no_reply();
        if pause.was_cleared {
            self.event(CallEvent::BargeInUndone { cause, paused_ms: pause.ms(now) });
        } else {
            // The agent was not audible when it was stopped: the caller is still waiting for the response.
            self.reply_watch.record_silence(pause.last_voice.or(pause.stopped).unwrap_or(now), now);
        }
        self.interruptions.noises = if pause.has_voice() { 0 } else { self.interruptions.noises + 1 };
        self.interruptions.is_local_unsure |=
            pause.utterances.is_empty() && cause == FalseBargeIn::Unknown && !pause.expects_words;
        let missed = pause.missed_speech().filter(|_| cause == FalseBargeIn::Unknown);
        let reply = Self::reply_cause(cause, &pause, missed).map(|cause| self.possible_reply(cause, now));
        self.interruptions.reply = reply.or(pause.earlier_reply.take());
        self.interruptions.follow(pause.utterances);
        if pause.is_completed || self.playback.has_started_response() {
            self.mark_answered();
        }
        if missed.is_some() {
            let ms_ago = u64::try_from(now.saturating_duration_since(pause.sound_since).as_millis()).unwrap_or(0);
            self.caller.audio.speech_started(Some(self.caller.audio.position_ago(ms_ago)));
        }
        if let Some(calls) = pause.calls {
            self.run_deferred_calls(&calls, now);
        }
    }

    fn reply_cause(cause: FalseBargeIn, pause: &Pause, missed: Option<Instant>) -> Option<ReplyCause> {
        let is_detected = !pause.utterances.is_empty();
        let has_voice = pause.has_voice() && is_detected;
        match cause {
            _ if missed.is_some() => missed.map(ReplyCause::Missed),
            FalseBargeIn::BackChannel => Some(ReplyCause::BackChannel),
            _ if is_detected && pause.is_reply_possible => Some(ReplyCause::AtTheEnd),
            FalseBargeIn::Unknown if has_voice && pause.is_unknowable() => Some(ReplyCause::UnknowableWords),
            FalseBargeIn::Unknown if has_voice => Some(ReplyCause::BackChannel),
            FalseBargeIn::Unknown | FalseBargeIn::Noise => None,
        }
    }

    pub(super) fn words_unknowable(&mut self, item: &ItemId, now: Instant) {
        let is_item = |utterance: &&mut Utterance| utterance.item == *item;
        if let Some(pause) = &mut self.interruptions.pause {
            pause.utterances.iter_mut().filter(is_item).for_each(|utterance| utterance.is_unknowable = true);
            let is_hopeless = pause.utterances.iter().all(|utterance| utterance.is_unknowable);
            if is_hopeless && pause.stopped.is_some() && !pause.utterances.is_empty() {
                self.undo_interruption(FalseBargeIn::Unknown, now);
            }
        } else if self.interruptions.undecided.iter_mut().find(is_item).is_some_and(|utterance| utterance.has_voice) {
            self.interruptions.reply = Some(self.possible_reply(ReplyCause::UnknowableWords, now));
        }
    }

    /// Clears the undecided sounds and the pause, because the agent stops for another reason or does not continue.
    pub(super) fn drop_pause(&mut self, now: Instant) {
        self.interruptions.replied();
        self.interruptions.noises = 0;
        let Some(pause) = self.interruptions.pause.take() else { return };
        if pause.was_cleared && !self.playback.is_open() {
            // No unheard audio was left, so the agent does not continue.
            self.event(CallEvent::BargeInUndone { cause: FalseBargeIn::Unknown, paused_ms: pause.ms(now) });
        }
        if let Some(calls) = pause.calls {
            self.run_calls(&calls, false, now);
        }
    }

    pub(super) fn watch_interruption(&mut self, now: Instant) {
        let is_speaking = self.playback.has_unsent() || self.responses.is_busy() || self.tools.is_running();
        // Twilio's marks may be late or lost, so the end of the sent audio is calculated from the clock.
        let silent_since = (!is_speaking).then(|| self.reply_watch.heard_until(now));
        if let Some(reply) = &mut self.interruptions.reply {
            reply.silent_since = silent_since;
        }
        let deadline = match &self.interruptions.pause {
            Some(pause) => Some(pause.deadline()),
            None => self.reply_due(),
        };
        self.timers.set_or_cancel(Timer::Interruption, deadline);
    }

    fn reply_due(&self) -> Option<Instant> {
        let reply = self.interruptions.reply.as_ref()?;
        let silent = reply.silent_since?;
        let delay = silent.saturating_duration_since(reply.at);
        let is_same_turn = reply.turn == self.transcript.last_agent_item();
        let is_reply = match reply.cause {
            ReplyCause::BackChannel => is_same_turn && delay <= REPLY_WINDOW && self.transcript.has_asked(),
            ReplyCause::AtTheEnd => is_same_turn && delay <= REPLY_WINDOW,
            // The model has received the speech; if the agent takes another turn, that turn is the reply to it.
            ReplyCause::UnknowableWords => is_same_turn,
            ReplyCause::Missed(_) => delay <= MISSED_WINDOW,
        };
        is_reply.then(|| silent + REPLY_DELAY)
    }

    pub(super) fn interruption_due(&mut self, now: Instant) {
        if let Some(pause) = &self.interruptions.pause {
            if pause.deadline() <= now {
                self.undo_interruption(FalseBargeIn::Unknown, now);
            }
        } else if self.reply_due().is_some_and(|at| at <= now) {
            let reply = self.interruptions.reply.take();
            if self.caller.speech.is_in_progress(now) {
                return;
            }
            let voice_ended = self.caller.speech.ended_at(None, now);
            let silent_since = self.reply_watch.heard_until(voice_ended).max(voice_ended);
            match reply.map(|reply| reply.cause) {
                Some(ReplyCause::Missed(until)) => {
                    self.caller.speech.missed(until);
                    self.reply_watch.record_silence(silent_since, now);
                }
                _ => self.request_reply(silent_since, now),
            }
        }
    }
}
