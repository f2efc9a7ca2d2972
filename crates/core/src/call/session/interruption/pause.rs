//! The stop of the agent while the caller's sound is not yet classified.

use super::super::caller_speech::SURE_SPEECH;
use crate::call::{ItemId, ResponseId};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The minimum amount of voice. Less voice may be an error of the detector.
const VOICE: Duration = Duration::from_millis(60);
/// Voice after a pause of this length belongs to another sound.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the session waits for the words after the end of a sound.
const WORDS_TIMEOUT: Duration = Duration::from_millis(800);
/// How long the session waits after the last voice of a sound that only the local detector has found.
const LOCAL_TIMEOUT: Duration = Duration::from_millis(400);
/// How long the session waits after the last voice for an engine that reports speech only with its words: for the end
/// of the utterance and for the transcription.
const TRANSCRIPTION_TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum time for which several sounds may stop the agent while the session waits for such an engine.
const MAX_TRANSCRIPTION_PAUSE: Duration = Duration::from_secs(4);
/// How long the session waits for such an engine if the caller is waiting for a reply.
const WAITING_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum time for which one sound may stop the agent.
const MAX_WAIT: Duration = Duration::from_millis(1800);
/// The maximum time for which several sounds in a row may stop the agent.
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// How long the session waits at least after the caller's last voice, even if `WORDS_TIMEOUT`, `LOCAL_TIMEOUT` or
/// `MAX_WAIT` ends earlier. `MAX_PAUSE` is not extended.
const IN_WORD: Duration = Duration::from_millis(300);

/// The maximum number of utterances that wait for their words while the agent speaks.
pub(super) const MAX_UNDECIDED: usize = 8;

/// A sound during the agent's speech that may be a reply to the agent.
#[derive(Debug)]
pub(super) struct PossibleReply {
    pub(super) at: Instant,
    /// The agent's turn during which the caller made the sound.
    pub(super) turn: Option<ItemId>,
    /// When the agent's audio ends, which may be in the future; none while more audio is expected.
    pub(super) silent_since: Option<Instant>,
    pub(super) cause: ReplyCause,
}

/// The reason why a sound may be a reply to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReplyCause {
    /// A back-channel or a possible back-channel. It is a reply only to a question.
    BackChannel,
    /// A sound just before the end of the agent's speech.
    AtTheEnd,
    /// Speech that could not be transcribed, so it may contain any words.
    UnknowableWords,
    /// Speech that the engine did not detect, with the time of its end.
    Missed(Instant),
}

/// A stop of the agent, and what is known about the sounds that caused it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Pause {
    pub(super) since: Instant,
    /// When the latest sound began.
    pub(super) sound_since: Instant,
    pub(super) utterances: VecDeque<Utterance>,
    /// When the engine detected the end of the sound.
    pub(super) stopped: Option<Instant>,
    /// The amount of voice in the latest sound since the agent stopped. The silence of the agent excludes an echo.
    pub(super) voiced: Duration,
    /// Audio without voice since the last piece with voice.
    pub(super) quiet: Duration,
    /// Audio without voice since the agent stopped.
    pub(super) noise: Duration,
    /// When voice was last found in one of the sounds, or just before the first sound.
    pub(super) last_voice: Option<Instant>,
    /// True if a back-channel is a reply at this point.
    pub(super) is_reply_possible: bool,
    /// True if sent audio was cleared from Twilio's queue.
    pub(super) was_cleared: bool,
    /// True if the engine reports a sound only with its words, after the sound has ended.
    pub(super) expects_words: bool,
    /// True if the caller heard no response of the agent when the agent was stopped.
    pub(super) is_caller_waiting: bool,
    /// A response with tool calls that was completed during the pause.
    pub(super) calls: Option<CompletedCalls>,
    /// True if a spoken response was completed during the pause.
    pub(super) is_completed: bool,
    /// The possible reply from an earlier sound. A noise after that sound does not change it.
    pub(super) earlier_reply: Option<PossibleReply>,
}

/// An utterance of the caller whose words are not yet known.
#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) item: ItemId,
    pub(super) is_reply_possible: bool,
    pub(super) has_voice: bool,
    pub(super) is_unknowable: bool,
}

/// A completed response whose tool calls are deferred until it is known whether the caller interrupts it.
#[derive(Clone, Debug)]
pub(in crate::call::session) struct CompletedCalls {
    pub(in crate::call::session) response: ResponseId,
    pub(in crate::call::session) was_spoken: bool,
}

impl Pause {
    pub(super) fn sound_began(&mut self, item: &ItemId, now: Instant) {
        if self.stopped.take().is_some() {
            (self.sound_since, self.voiced) = (now, Duration::ZERO);
        }
        self.follow(item);
    }

    /// Adds an utterance, so that the pause waits for its words.
    pub(super) fn follow(&mut self, item: &ItemId) {
        let is_known = self.utterances.iter().any(|utterance| utterance.item == *item);
        if !is_known && self.utterances.len() < MAX_UNDECIDED {
            let is_reply_possible = self.is_reply_possible;
            self.utterances.push_back(Utterance {
                item: item.clone(),
                is_reply_possible,
                has_voice: false,
                is_unknowable: false,
            });
        }
    }

    pub(super) fn heard(&mut self, is_voice: bool, length: Duration, now: Instant) {
        if is_voice {
            self.voiced = if self.quiet < PAUSE { self.voiced + length } else { length };
            self.quiet = Duration::ZERO;
            if self.voiced >= VOICE {
                self.last_voice = Some(now);
                if let Some(utterance) = self.utterances.back_mut() {
                    utterance.has_voice = true;
                }
            }
        } else {
            self.quiet += length;
            self.noise += length;
        }
    }

    pub(super) fn has_voice(&self) -> bool {
        self.last_voice.is_some()
    }

    /// Returns the end of speech that the engine has not detected. The voice was found while the agent was silent, so
    /// it is not an echo.
    pub(super) fn missed_speech(&self) -> Option<Instant> {
        self.last_voice.filter(|_| self.utterances.is_empty() && self.voiced >= SURE_SPEECH)
    }

    pub(super) fn is_unknowable(&self) -> bool {
        self.utterances.iter().any(|utterance| utterance.is_unknowable)
    }

    pub(super) fn ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.since).as_millis()).unwrap_or(0)
    }

    /// Returns when the agent continues if no further information arrives.
    pub(super) fn deadline(&self) -> Instant {
        if self.expects_words && self.stopped.is_none() {
            let timeout = if self.is_caller_waiting { WAITING_TIMEOUT } else { TRANSCRIPTION_TIMEOUT };
            let at = self.last_voice.unwrap_or(self.since) + timeout;
            return at.min(self.since + MAX_TRANSCRIPTION_PAUSE);
        }
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
