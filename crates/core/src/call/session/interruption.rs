//! Whether a sound of the caller over the agent's speech is an interruption. The agent stops at once; what was not heard
//! is kept until it is known. A back-channel, a cough and a noise are none: then the agent continues with the word that
//! was cut.

use super::{CallSession, Phase};
use crate::call::back_channel::{Words, classify};
use crate::call::timers::Timer;
use crate::call::{CallEvent, EngineCommand, FalseBargeIn, ItemId, Output, ResponseId};
use crate::domain::EndReason;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// This much voice while the agent is silent is speech, whatever its words are.
const SPEECH: Duration = Duration::from_millis(500);
/// Less voice than this may be an error of the detector.
const VOICE: Duration = Duration::from_millis(60);
/// A sound without a voice for this long is a noise.
const NOISE: Duration = Duration::from_millis(600);
/// Voice after a pause of this length is another sound.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the words of a sound that has ended are waited for.
const WORDS_TIMEOUT: Duration = Duration::from_millis(800);
/// A sound that only the local detector has found is waited for this long after its last voice.
const LOCAL_TIMEOUT: Duration = Duration::from_millis(400);
/// How long one sound may stop the agent.
const MAX_WAIT: Duration = Duration::from_millis(1800);
/// How long several sounds in a row may stop the agent.
const MAX_PAUSE: Duration = Duration::from_secs(4);
/// A caller who is speaking at the end of these times is given this much more.
const IN_WORD: Duration = Duration::from_millis(300);
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
struct Pause {
    since: Instant,
    /// When the latest sound began.
    sound_since: Instant,
    utterances: VecDeque<Utterance>,
    /// When the engine detected the end of the sound.
    stopped: Option<Instant>,
    /// Voice of the latest sound since the agent stopped: an echo of the agent has none.
    voiced: Duration,
    /// Audio without voice since the last piece with voice.
    quiet: Duration,
    /// Audio without voice since the agent stopped.
    noise: Duration,
    /// When voice was found in one of the sounds, or just before the first.
    last_voice: Option<Instant>,
    /// A back-channel is a reply here.
    is_reply_possible: bool,
    /// Audio that was sent has been dropped from the phone.
    was_cleared: bool,
    /// A response that was completed meanwhile, with tool calls.
    calls: Option<CompletedCalls>,
    /// A spoken response was completed meanwhile.
    is_completed: bool,
    /// What an earlier sound may be a reply to: a noise after it changes nothing.
    earlier_reply: Option<PossibleReply>,
}

/// An utterance of the caller whose words are not known.
#[derive(Debug)]
struct Utterance {
    item: ItemId,
    is_reply_possible: bool,
}

/// A completed response whose tool calls wait until it is known whether the caller interrupts it.
#[derive(Debug)]
pub(super) struct CompletedCalls {
    pub(super) response: ResponseId,
    pub(super) was_spoken: bool,
}

#[derive(Debug)]
struct PossibleReply {
    at: Instant,
    /// The agent's turn over which the sound was made.
    turn: Option<ItemId>,
    /// Since when the agent is silent; it may be in the future.
    silent_since: Option<Instant>,
    needs_question: bool,
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

impl Pause {
    /// The engine has detected a sound.
    fn sound_began(&mut self, item: &ItemId, now: Instant) {
        if self.stopped.take().is_some() {
            (self.sound_since, self.voiced) = (now, Duration::ZERO);
        }
        self.follow(item);
    }

    /// Waits for the words of an utterance.
    fn follow(&mut self, item: &ItemId) {
        let is_known = self.utterances.iter().any(|utterance| utterance.item == *item);
        if !is_known && self.utterances.len() < MAX_UNDECIDED {
            let is_reply_possible = self.is_reply_possible;
            self.utterances.push_back(Utterance { item: item.clone(), is_reply_possible });
        }
    }

    fn heard(&mut self, is_voice: bool, length: Duration, now: Instant) {
        if is_voice {
            self.voiced = if self.quiet < PAUSE { self.voiced + length } else { length };
            self.quiet = Duration::ZERO;
            if self.voiced >= VOICE {
                self.last_voice = Some(now);
            }
        } else {
            self.quiet += length;
            self.noise += length;
        }
    }

    fn has_voice(&self) -> bool {
        self.last_voice.is_some()
    }

    /// How long the agent has been stopped.
    fn ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.since).as_millis()).unwrap_or(0)
    }

    /// When the agent continues if nothing else is known.
    fn deadline(&self) -> Instant {
        let words = match self.stopped {
            Some(at) => at + WORDS_TIMEOUT,
            None if self.utterances.is_empty() => self.last_voice.unwrap_or(self.since) + LOCAL_TIMEOUT,
            None => self.sound_since + MAX_WAIT,
        };
        let at = words.min(self.sound_since + MAX_WAIT);
        let at = self.last_voice.map_or(at, |voice| at.max(voice + IN_WORD));
        at.min(self.since + MAX_PAUSE)
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
        let is_over = self.is_live() && !self.responses.is_replying() && self.playback.unheard(now) <= OVER;
        if self.engine.capabilities().leads_turns || !self.stream.is_open() || is_over {
            self.interruptions.reply = None;
            return self.barge_in(self.engine.capabilities().leads_turns, now);
        }
        if self.interruptions.noises >= MAX_NOISES && !self.caller.speech.has_local_voice(now) {
            let utterance = Utterance { item: item.clone(), is_reply_possible: self.is_reply_possible(now) };
            return self.interruptions.follow([utterance]);
        }
        self.pause(Some(item.clone()), now);
    }

    /// The local detector has found speech of the caller.
    pub(super) fn local_sound_began(&mut self, now: Instant) {
        let is_possible = !self.engine.capabilities().leads_turns && self.stream.is_open() && self.playback.is_busy();
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
            utterances: item.into_iter().map(|item| Utterance { item, is_reply_possible }).collect(),
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
    fn is_reply_possible(&mut self, now: Instant) -> bool {
        match self.phase {
            Phase::Live => !self.responses.is_replying() && self.playback.unheard(now) <= NEARLY_OVER,
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
        let is_speaking = self.playback.is_open() || self.responses.is_replying();
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
            self.interruptions.reply = Some(self.possible_reply(true, now));
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

    /// The caller interrupts the agent: it stops for good, and replies to what the caller says.
    fn confirm_interruption(&mut self, is_speaking: bool, now: Instant) {
        let pause = self.interruptions.pause.as_ref();
        let since = pause.map_or(now, |pause| pause.sound_since);
        let stopped = pause.and_then(|pause| pause.stopped).unwrap_or(now);
        let ms_ago = u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(0);
        self.barge_in(false, now);
        let position = self.caller.audio.position_ago(ms_ago);
        self.caller.audio.speech_started(Some(position));
        if !is_speaking {
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
    fn possible_reply(&self, needs_question: bool, now: Instant) -> PossibleReply {
        PossibleReply { at: now, turn: self.transcript.last_agent_item(), silent_since: None, needs_question }
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
            self.reply_watch.silent_since(pause.stopped.unwrap_or(now), now);
        }
        self.interruptions.noises = if pause.has_voice() { 0 } else { self.interruptions.noises + 1 };
        self.interruptions.is_local_unsure |= pause.utterances.is_empty() && cause == FalseBargeIn::Unknown;
        let is_word = cause == FalseBargeIn::BackChannel
            || (cause == FalseBargeIn::Unknown && pause.has_voice() && !pause.utterances.is_empty());
        self.interruptions.reply = if pause.is_reply_possible && !pause.utterances.is_empty() {
            Some(self.possible_reply(cause == FalseBargeIn::BackChannel, now))
        } else if is_word {
            Some(self.possible_reply(true, now))
        } else {
            pause.earlier_reply.take()
        };
        self.interruptions.follow(pause.utterances);
        if pause.is_completed || self.playback.has_started_response() {
            self.mark_answered();
        }
        if let Some(CompletedCalls { response, was_spoken }) = pause.calls {
            self.run_calls(&response, true, now);
            self.ensure_goodbye(was_spoken);
        }
    }

    /// Forgets what the caller's sounds may be: the agent stops for another reason, or for good.
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
        let is_reply = silent.saturating_duration_since(reply.at) <= REPLY_WINDOW
            && reply.turn == self.transcript.last_agent_item()
            && (!reply.needs_question || self.transcript.has_asked());
        is_reply.then(|| silent + REPLY_DELAY)
    }

    /// The time to decide is over.
    pub(super) fn interruption_due(&mut self, now: Instant) {
        if let Some(pause) = &self.interruptions.pause {
            if pause.deadline() <= now {
                self.undo_interruption(FalseBargeIn::Unknown, now);
            }
        } else if self.reply_due().is_some_and(|at| at <= now) {
            self.interruptions.reply = None;
            if !self.caller.speech.is_in_progress(now) {
                self.request_reply(self.reply_watch.heard_until(now), now);
            }
        }
    }
}
