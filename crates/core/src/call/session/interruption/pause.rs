//! The agent is stopped until it is known what the caller's sound is.

use super::{MAX_UNDECIDED, PossibleReply, SURE_SPEECH};
use crate::call::{ItemId, ResponseId};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Less voice than this may be an error of the detector.
const VOICE: Duration = Duration::from_millis(60);
/// Voice after a pause of this length is another sound.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the words of a sound that has ended are waited for.
const WORDS_TIMEOUT: Duration = Duration::from_millis(800);
/// A sound that only the local detector has found is waited for this long after its last voice.
const LOCAL_TIMEOUT: Duration = Duration::from_millis(400);
/// How long one sound may stop the agent.
const MAX_WAIT: Duration = Duration::from_millis(1800);
/// How long several sounds in a row may stop the agent.
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// A caller who is speaking at the end of these times is given this much more.
const IN_WORD: Duration = Duration::from_millis(300);

/// A stop of the agent.
#[derive(Debug)]
pub(super) struct Pause {
    pub(super) since: Instant,
    /// When the latest sound began.
    pub(super) sound_since: Instant,
    pub(super) utterances: VecDeque<Utterance>,
    /// When the engine detected the end of the sound.
    pub(super) stopped: Option<Instant>,
    /// Voice of the latest sound since the agent stopped: an echo of the agent has none.
    pub(super) voiced: Duration,
    /// Audio without voice since the last piece with voice.
    pub(super) quiet: Duration,
    /// Audio without voice since the agent stopped.
    pub(super) noise: Duration,
    /// When voice was found in one of the sounds, or just before the first.
    pub(super) last_voice: Option<Instant>,
    /// A back-channel is a reply here.
    pub(super) is_reply_possible: bool,
    /// Audio that was sent has been dropped from the phone.
    pub(super) was_cleared: bool,
    /// A response that was completed meanwhile, with tool calls.
    pub(super) calls: Option<CompletedCalls>,
    /// A spoken response was completed meanwhile.
    pub(super) is_completed: bool,
    /// What an earlier sound may be a reply to: a noise after it changes nothing.
    pub(super) earlier_reply: Option<PossibleReply>,
}

/// An utterance of the caller whose words are not known.
#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) item: ItemId,
    pub(super) is_reply_possible: bool,
    /// The caller's voice was found in it.
    pub(super) has_voice: bool,
    /// Its words will never be known.
    pub(super) is_unknowable: bool,
}

/// A completed response whose tool calls wait until it is known whether the caller interrupts it.
#[derive(Debug)]
pub(in crate::call::session) struct CompletedCalls {
    pub(in crate::call::session) response: ResponseId,
    pub(in crate::call::session) was_spoken: bool,
}

impl Pause {
    /// The engine has detected a sound.
    pub(super) fn sound_began(&mut self, item: &ItemId, now: Instant) {
        if self.stopped.take().is_some() {
            (self.sound_since, self.voiced) = (now, Duration::ZERO);
        }
        self.follow(item);
    }

    /// Waits for the words of an utterance.
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

    /// The end of speech that the engine has not detected. What was found while the agent was silent is no echo of it.
    pub(super) fn missed_speech(&self) -> Option<Instant> {
        self.last_voice.filter(|_| self.utterances.is_empty() && self.voiced >= SURE_SPEECH)
    }

    /// Returns true if the words of a sound will never be known.
    pub(super) fn is_unknowable(&self) -> bool {
        self.utterances.iter().any(|utterance| utterance.is_unknowable)
    }

    /// How long the agent has been stopped.
    pub(super) fn ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.since).as_millis()).unwrap_or(0)
    }

    /// When the agent continues if nothing else is known.
    pub(super) fn deadline(&self) -> Instant {
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
