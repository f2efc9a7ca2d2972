//! Whether a sound of the caller over the agent's speech is an interruption. The agent stops at once; what was not heard
//! is kept until it is known. A back-channel, a cough and a noise are none: then the agent continues with the word that
//! was cut.

mod pause;

use super::speech::SURE_SPEECH;
use super::{CallSession, Phase};
use crate::call::back_channel::{Words, classify};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, FalseBargeIn, ItemId, Output};
use crate::domain::EndReason;
pub(super) use pause::CompletedCalls;
use pause::{Pause, Utterance};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// This much voice while the agent is silent is speech, whatever its words are.
const SPEECH: Duration = Duration::from_millis(500);
/// A sound without a voice for this long is a noise.
const NOISE: Duration = Duration::from_millis(600);
/// If no more of a complete answer is unheard, it is over: the caller does not interrupt it.
const OVER: Duration = Duration::from_millis(100);
/// If no more of a complete answer is unheard, a back-channel is a reply to it.
const NEARLY_OVER: Duration = Duration::from_secs(1);
/// After so many noises in a row, a sound without voice does not stop the agent.
const MAX_NOISES: u32 = 2;
/// The most utterances whose words are waited for while the agent speaks.
const MAX_UNDECIDED: usize = 8;
/// A back-channel during the last seconds of a question is a reply to it.
const REPLY_WINDOW: Duration = Duration::from_secs(5);
/// Speech over the agent that the engine has not detected is a reply if the agent finishes within this time.
const MISSED_WINDOW: Duration = Duration::from_secs(3);
/// The caller is given this much time to say more than that.
const REPLY_DELAY: Duration = Duration::from_millis(700);

#[derive(Debug, Default)]
pub(super) struct Interruptions {
    /// The agent is stopped until it is known what the caller's sound is.
    pause: Option<Pause>,
    /// The caller's utterances over which the agent continues, and whose words are not known.
    undecided: VecDeque<Utterance>,
    /// The noises since the caller last spoke.
    noises: u32,
    /// The local detector alone has stopped the agent for nothing.
    is_local_unsure: bool,
    /// A sound that may be the reply to what the agent was about to finish.
    reply: Option<PossibleReply>,
}

#[derive(Debug)]
struct PossibleReply {
    at: Instant,
    /// The agent's turn over which the sound was made.
    turn: Option<ItemId>,
    /// Since when the agent is silent; it may be in the future.
    silent_since: Option<Instant>,
    cause: ReplyCause,
}

/// Why a sound may be a reply to what the agent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReplyCause {
    /// A back-channel, or what may be one: a reply only to a question.
    Word,
    /// A sound just before the agent finished.
    AtTheEnd,
    /// Speech whose words will never be known: they may be any.
    UnknowableWords,
    /// Speech that the engine has not detected, up to this moment.
    Missed(Instant),
}

impl Interruptions {
    /// Returns true while the agent is stopped.
    pub(super) fn is_pausing(&self) -> bool {
        self.pause.is_some()
    }

    /// Returns true if the agent may speak while the engine detects this utterance.
    pub(super) fn tolerates(&self, item: &ItemId) -> bool {
        self.is_pausing() || self.undecided.iter().any(|utterance| utterance.item == *item)
    }

    /// Keeps the tool calls of a response while the agent is stopped. Returns false if it is not.
    pub(super) fn defer(&mut self, calls: CompletedCalls) -> bool {
        let Some(pause) = &mut self.pause else { return false };
        pause.calls = Some(calls);
        true
    }

    /// Returns true if the caller may have replied unnoticed by the engine.
    pub(super) fn has_missed_reply(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| matches!(reply.cause, ReplyCause::Missed(_)))
    }

    /// The caller's turn is replied to.
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
    /// Returns true if the engine detects speech over which the agent is not to speak.
    pub(super) fn is_spoken_over(&self) -> bool {
        self.caller.speech.detected().is_some_and(|item| !self.interruptions.tolerates(item))
    }

    /// The engine has detected that the caller makes a sound.
    pub(super) fn sound_began(&mut self, item: &ItemId, now: Instant) {
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

    /// The local detector has found speech of the caller.
    pub(super) fn local_sound_began(&mut self, now: Instant) {
        let is_possible = !self.engine.capabilities().leads_turns && self.stream.is_open() && self.is_agent_heard(now);
        if !is_possible || self.interruptions.is_pausing() {
            return;
        }
        let detected = self.caller.speech.detected().cloned();
        if detected.is_some() || !self.interruptions.is_local_unsure {
            self.pause(detected, now);
        }
    }

    /// Stops the agent until it is known whether the caller interrupts it.
    fn pause(&mut self, item: Option<ItemId>, now: Instant) {
        let earlier_reply = self.interruptions.reply.take();
        let is_reply_possible = self.is_reply_possible(now);
        let was_cleared = self.playback.is_open();
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
            calls: None,
            is_completed: false,
            earlier_reply,
        });
    }

    /// Returns true if the agent has all but finished, so even a "yes" is a reply to it.
    fn is_reply_possible(&self, now: Instant) -> bool {
        match self.phase {
            Phase::Live => !self.responses.is_replying() && self.playback.remaining(now) <= NEARLY_OVER,
            Phase::Ending { reason, .. } => reason == EndReason::Idle,
            _ => false,
        }
    }

    /// A piece of the caller's audio has arrived.
    pub(super) fn weigh_audio(&mut self, is_voice: bool, length: Duration, now: Instant) {
        let Some(pause) = &mut self.interruptions.pause else { return };
        pause.heard(is_voice, length, now);
        // Where the engine detects nothing, it may be a television, and no reply would follow.
        if pause.voiced >= SPEECH && !pause.utterances.is_empty() {
            self.confirm_interruption(self.caller.speech.is_in_progress(now), now);
        } else if !pause.has_voice() && pause.noise >= NOISE {
            self.undo_interruption(FalseBargeIn::Noise, now);
        }
    }

    /// The engine has detected the end of an utterance. Returns true if it was made over the agent's speech: then its
    /// words decide whether there is a reply to it.
    pub(super) fn sound_ended(&mut self, item: &ItemId, now: Instant) -> bool {
        let is_item = |utterance: &Utterance| utterance.item == *item;
        if let Some(pause) = &mut self.interruptions.pause {
            pause.follow(item);
            pause.stopped = Some(now);
            return true;
        }
        // The agent has finished meanwhile, and the caller has not.
        let is_speaking = self.is_agent_heard(now) || self.responses.is_replying();
        is_speaking && self.interruptions.undecided.iter().any(is_item)
    }

    /// Words of the caller are known.
    pub(super) fn weigh_words(&mut self, item: &ItemId, is_final: bool, now: Instant) {
        let is_item = |utterance: &Utterance| utterance.item == *item;
        let paused = self.interruptions.pause.as_ref().map(|pause| &pause.utterances);
        let found =
            paused.into_iter().flatten().chain(&self.interruptions.undecided).find(|utterance| is_item(utterance));
        let Some(is_reply_possible) = found.map(|utterance| utterance.is_reply_possible) else { return };
        let words = classify(self.transcript.caller_words(item), is_final);
        if words == Words::Speech || (is_final && words == Words::BackChannel && is_reply_possible) {
            // What the local detector finds now may be the echo of the agent.
            return self.confirm_interruption(self.caller.speech.is_detected(), now);
        }
        if !is_final {
            return;
        }
        self.interruptions.undecided.retain(|utterance| !is_item(utterance));
        if words == Words::BackChannel && !self.interruptions.is_pausing() {
            self.interruptions.reply = Some(self.possible_reply(ReplyCause::Word, now));
        }
        if words == Words::None && !self.caller.speech.is_detecting(item) {
            // The model is not to reply to a noise later.
            self.command(EngineCommand::Delete { item: item.clone() });
            self.interruptions.reply = None;
        }
        let Some(pause) = &mut self.interruptions.pause else { return };
        pause.utterances.retain(|utterance| !is_item(utterance));
        if pause.utterances.is_empty() && pause.stopped.is_some() {
            let is_word = words == Words::BackChannel;
            self.undo_interruption(if is_word { FalseBargeIn::BackChannel } else { FalseBargeIn::Noise }, now);
        }
    }

    /// The caller interrupts the agent: it stops, and replies to what the caller says.
    fn confirm_interruption(&mut self, is_speaking: bool, now: Instant) {
        let pause = self.interruptions.pause.as_ref();
        let since = pause.map_or(now, |pause| pause.sound_since);
        let stopped = pause.and_then(|pause| pause.last_voice.or(pause.stopped)).unwrap_or(now);
        let ms_ago = u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(0);
        self.barge_in(false, now);
        let position = self.caller.audio.position_ago(ms_ago);
        self.caller.audio.speech_started(Some(position));
        if is_speaking {
            self.caller.speech.interrupts();
        } else {
            self.request_reply(stopped, now);
        }
    }

    /// The engine is lost, so the words of the sound will not be known, and the rest of the answer may be lost.
    pub(super) fn engine_lost_in_pause(&mut self, now: Instant) {
        match &self.interruptions.pause {
            Some(pause) if pause.utterances.is_empty() => self.undo_interruption(FalseBargeIn::Unknown, now),
            Some(_) => self.confirm_interruption(self.caller.speech.is_in_progress(now), now),
            None => {}
        }
    }

    /// A sound of the caller that may be a reply to what the agent says now.
    fn possible_reply(&self, cause: ReplyCause, now: Instant) -> PossibleReply {
        PossibleReply { at: now, turn: self.transcript.last_agent_item(), silent_since: None, cause }
    }

    /// A spoken response was completed. Returns true if the agent is stopped, so that it was not heard.
    pub(super) fn completed_in_pause(&mut self) -> bool {
        let Some(pause) = &mut self.interruptions.pause else { return false };
        pause.is_completed = true;
        true
    }

    /// The sound was no interruption: the agent continues.
    fn undo_interruption(&mut self, cause: FalseBargeIn, now: Instant) {
        let Some(mut pause) = self.interruptions.pause.take() else { return };
        // The answer may have been completed meanwhile.
        pause.is_reply_possible |= cause == FalseBargeIn::Unknown && self.is_reply_possible(now);
        self.playback.resume();
        self.reply_watch.response_audible_until(now + self.playback.remaining(now));
        self.transcript.needs_no_reply();
        if pause.was_cleared {
            self.event(CallEvent::BargeInUndone { cause, paused_ms: pause.ms(now) });
        } else {
            // The caller still waits for the answer.
            self.reply_watch.silent_since(pause.last_voice.or(pause.stopped).unwrap_or(now), now);
        }
        self.interruptions.noises = if pause.has_voice() { 0 } else { self.interruptions.noises + 1 };
        self.interruptions.is_local_unsure |= pause.utterances.is_empty() && cause == FalseBargeIn::Unknown;
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
        if let Some(CompletedCalls { response, was_spoken }) = pause.calls {
            self.run_calls(&response, true, now);
            self.ensure_goodbye(was_spoken);
        }
    }

    /// Why the sound that was no interruption may be a reply.
    fn reply_cause(cause: FalseBargeIn, pause: &Pause, missed: Option<Instant>) -> Option<ReplyCause> {
        let is_detected = !pause.utterances.is_empty();
        let has_voice = pause.has_voice() && is_detected;
        match cause {
            _ if missed.is_some() => missed.map(ReplyCause::Missed),
            FalseBargeIn::BackChannel => Some(ReplyCause::Word),
            _ if is_detected && pause.is_reply_possible => Some(ReplyCause::AtTheEnd),
            FalseBargeIn::Unknown if has_voice && pause.is_unknowable() => Some(ReplyCause::UnknowableWords),
            FalseBargeIn::Unknown if has_voice => Some(ReplyCause::Word),
            FalseBargeIn::Unknown | FalseBargeIn::Noise => None,
        }
    }

    /// The words of an utterance will never be known.
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

    /// Forgets what the caller's sounds may be: the agent stops for another reason, or does not continue.
    pub(super) fn drop_pause(&mut self, now: Instant) {
        self.interruptions.replied();
        self.interruptions.noises = 0;
        let Some(pause) = self.interruptions.pause.take() else { return };
        if pause.was_cleared && !self.playback.is_open() {
            // There was nothing more to be heard.
            self.event(CallEvent::BargeInUndone { cause: FalseBargeIn::Unknown, paused_ms: pause.ms(now) });
        }
        if let Some(calls) = pause.calls {
            self.run_calls(&calls.response, false, now);
        }
    }

    /// Sets the timer of what is to be decided.
    pub(super) fn watch_interruption(&mut self, now: Instant) {
        let is_speaking = self.playback.has_unsent() || self.responses.is_busy() || self.tools.is_running();
        // The phone's marks may be late or lost: what was sent ends by the clock.
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

    /// When the caller's sound counts as the reply to the agent's question.
    fn reply_due(&self) -> Option<Instant> {
        let reply = self.interruptions.reply.as_ref()?;
        let silent = reply.silent_since?;
        let delay = silent.saturating_duration_since(reply.at);
        let is_same_turn = reply.turn == self.transcript.last_agent_item();
        let is_reply = match reply.cause {
            ReplyCause::Word => is_same_turn && delay <= REPLY_WINDOW && self.transcript.has_asked(),
            ReplyCause::AtTheEnd => is_same_turn && delay <= REPLY_WINDOW,
            // The model has heard it, and a later turn of the agent replies to it.
            ReplyCause::UnknowableWords => is_same_turn,
            ReplyCause::Missed(_) => delay <= MISSED_WINDOW,
        };
        is_reply.then(|| silent + REPLY_DELAY)
    }

    /// The time to decide is over.
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
            let silent_since = self.reply_watch.heard_until(now);
            match reply.map(|reply| reply.cause) {
                Some(ReplyCause::Missed(until)) => {
                    self.caller.speech.missed(until);
                    self.reply_watch.silent_since(silent_since, now);
                }
                _ => self.request_reply(silent_since, now),
            }
        }
    }
}
