//! Speech detection by the local voice detector. It supplements the engine's own detection.

use std::time::{Duration, Instant};

/// The minimum amount of voice that counts as speech.
pub(super) const SPEECH: Duration = Duration::from_millis(200);
/// The length of the pause that ends the speech.
const PAUSE: Duration = Duration::from_millis(500);
/// The maximum duration of speech. Longer sound is background noise such as a television.
const MAX_SPEECH: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct LocalSpeech {
    /// The amount of voice in the current speech.
    voiced: Duration,
    pause: Duration,
    began: Option<Instant>,
    last_voice: Option<Instant>,
    /// When voice was last detected in a sound that is long enough for speech.
    last_speech: Option<Instant>,
    /// True if the caller heard the agent during the voice.
    is_over_agent: bool,
}

/// A change of the speech state by a piece of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Began,
    /// The speech ended; it contained this much voice.
    Ended {
        voiced: Duration,
        began: Instant,
        /// True if the caller heard the agent during the speech, so that the sound may be an echo of the agent.
        is_over_agent: bool,
    },
}

impl LocalSpeech {
    /// `is_agent_heard`: whether the caller hears the agent now.
    pub(super) fn push(
        &mut self,
        is_voice: bool,
        is_agent_heard: bool,
        length: Duration,
        now: Instant,
    ) -> Option<Change> {
        if !is_voice {
            self.pause += length;
            return if self.pause >= PAUSE { self.end() } else { None };
        }
        let was_speaking = self.has_begun();
        self.is_over_agent |= is_agent_heard;
        self.pause = Duration::ZERO;
        self.voiced += length;
        self.began.get_or_insert(now);
        self.last_voice = Some(now);
        if self.has_begun() {
            self.last_speech = Some(now);
        }
        (!was_speaking && self.has_begun()).then_some(Change::Began)
    }

    pub(super) fn end(&mut self) -> Option<Change> {
        let was_speaking = self.has_begun();
        let voiced = std::mem::take(&mut self.voiced);
        self.pause = Duration::ZERO;
        let is_over_agent = std::mem::take(&mut self.is_over_agent);
        let began = self.began.take()?;
        was_speaking.then_some(Change::Ended { voiced, began, is_over_agent })
    }

    pub(super) fn is_speaking(&self, now: Instant) -> bool {
        self.has_begun() && self.began.is_some_and(|began| now.saturating_duration_since(began) < MAX_SPEECH)
    }

    /// Returns true during a sound, even before it is long enough for speech.
    pub(super) fn is_heard(&self) -> bool {
        self.began.is_some()
    }

    pub(super) fn last_voice(&self) -> Option<Instant> {
        self.last_voice
    }

    /// Returns when speech was last detected. A click can count as voice, but it is too short for speech.
    pub(super) fn last_speech(&self) -> Option<Instant> {
        self.last_speech
    }

    /// Returns true during speech that is not an echo of the agent.
    pub(super) fn is_certain(&self) -> bool {
        self.has_begun() && !self.is_over_agent
    }

    fn has_begun(&self) -> bool {
        self.voiced >= SPEECH
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::start;

    #[test]
    fn a_click_is_no_speech_and_a_breath_does_not_end_it() {
        let (mut speech, mut now) = (LocalSpeech::default(), start());
        let mut push = |is_voice: bool, ms: u64| {
            let mut last = None;
            for _ in 0..ms / 20 {
                now += Duration::from_millis(20);
                last = speech.push(is_voice, false, Duration::from_millis(20), now).or(last);
            }
            last
        };
        assert_eq!(push(true, 180), None);
        assert_eq!(push(false, 600), None);
        assert_eq!(push(true, 300), Some(Change::Began));
        assert_eq!(push(false, 400), None);
        assert_eq!(push(true, 500), None);
        let ended = push(false, 500);
        assert!(matches!(ended, Some(Change::Ended { voiced, .. }) if voiced.as_millis() == 800), "{ended:?}");
    }
}
