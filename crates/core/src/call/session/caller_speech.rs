//! Detects whether the caller is speaking. The engine's detection is the main source; the local voice detector is a
//! check of the engine.

use crate::call::ItemId;
use crate::call::local_speech::{Change, LocalSpeech};
use std::time::{Duration, Instant};

/// How long the engine's detection is trusted after the engine has detected speech.
const TRUSTED: Duration = Duration::from_secs(2);
/// The line is late if no audio has arrived for this long. A late line loses no audio: the delayed audio arrives later
/// in full, and its timestamps show whether silence belongs before it.
const LATE: Duration = Duration::from_millis(750);
/// The line has a gap if no audio arrives for this long during speech.
const MEDIA_GAP: Duration = Duration::from_secs(3);
/// The milliseconds of silence that are inserted into a gap, repeatedly while the gap lasts.
pub(super) const GAP_FILL_MS: u64 = 1000;
/// The maximum number of insertions. After them, the caller's speech counts as ended, even if the engine still reports
/// speech.
const MAX_GAP_FILLS: u32 = 10;
/// How much later than expected the engine may detect the end of speech. After this time, the session instructs the
/// engine to end the turn.
const STUCK_GRACE: Duration = Duration::from_secs(1);
/// The maximum duration of speech without a detected end. Longer sound is music, which the local detector also
/// classifies as voice.
const MAX_TURN: Duration = Duration::from_mins(1);
/// The maximum duration of speech without new words. Not applied while the engine has not yet reported words during
/// speech, unless the last speech that was too long had no words.
const MAX_WORDLESS_TURN: Duration = Duration::from_secs(12);
/// If the engine's last detection is at most this much earlier than the start of the local speech, both belong to the
/// same speech.
const SAME_SPEECH: Duration = Duration::from_secs(1);
/// Voice that was found at most this long ago belongs to the sound that the engine detects now.
const JUST_NOW: Duration = Duration::from_millis(500);
/// The maximum age, in milliseconds, of a time that a detector reports. An older time is ignored.
const RECENT_MS: u64 = 5000;
/// The minimum amount of voice in speech to which the engine must react. Speech with less voice may be noise.
pub(super) const SURE_SPEECH: Duration = Duration::from_millis(600);
/// Sounds with at most this much time between them count together, because a caller who is not answered says "hello?"
/// again.
const REPEATED_WITHIN: Duration = Duration::from_millis(2500);
/// The maximum duration of sounds that count together. Noise repeats itself for longer.
const MAX_REPEATED: Duration = Duration::from_secs(5);

/// Short sounds that follow each other.
#[derive(Clone, Copy, Debug)]
struct ShortSounds {
    voiced: Duration,
    began: Instant,
    /// When the end of the last sound was found.
    ended: Instant,
}

/// The state of the caller's speech, as the engine and the local voice detector report it.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct CallerSpeech {
    /// The utterance in progress, as the engine detects it.
    detected: Option<ItemId>,
    /// True if the last detected utterance began in audio that an earlier engine had received.
    is_replay: bool,
    /// When the engine last detected the start or the end of an utterance.
    noticed: Option<Instant>,
    last_audio: Option<Instant>,
    /// How often silence was inserted into the current speech because no audio arrived.
    gap_fills: u32,
    /// When the engine last reported words of an utterance that it was still detecting. None before the first such
    /// report, because not every engine reports words before the end of speech.
    words_at: Option<Instant>,
    /// The utterance that the session ended last, while its words are not yet known.
    cut_off: Option<ItemId>,
    /// The utterance whose turn the session ended last, and the time of the last speech that the local detector had
    /// found by then.
    ended: Option<(ItemId, Option<Instant>)>,
    /// True if the last utterance that was too long had no words.
    is_wordless: bool,
    local: LocalSpeech,
    /// The end of the speech that the local detector found and the engine has not detected yet.
    missed_since: Option<Instant>,
    /// The last short sounds that the engine did not detect.
    short_sounds: Option<ShortSounds>,
    /// True if the current local speech was detected by an engine that is lost.
    is_known: bool,
    /// True if the current speech has interrupted the agent and only the local detector finds the speech. A reply is
    /// due at the end of the speech.
    is_interruption: bool,
}

impl CallerSpeech {
    pub(super) fn is_in_progress(&self, now: Instant) -> bool {
        self.detected.is_some() || self.local.is_speaking(now)
    }

    pub(super) fn has_local_speech(&self, now: Instant) -> bool {
        self.local.is_speaking(now)
    }

    pub(super) fn is_detected(&self) -> bool {
        self.detected.is_some()
    }

    pub(super) fn detected(&self) -> Option<&ItemId> {
        self.detected.as_ref()
    }

    pub(super) fn is_replay(&self) -> bool {
        self.is_replay
    }

    pub(super) fn is_detecting(&self, item: &ItemId) -> bool {
        self.detected.as_ref() == Some(item)
    }

    /// Returns true while the engine and the local detector both find speech, so that a person speaks.
    pub(super) fn is_certain(&self) -> bool {
        self.detected.is_some() && self.local.is_certain()
    }

    pub(super) fn has_local_voice(&self, now: Instant) -> bool {
        self.last_voice().is_some_and(|at| now.saturating_duration_since(at) < JUST_NOW)
    }

    pub(super) fn is_missed(&self) -> bool {
        self.missed_since.is_some()
    }

    pub(super) fn is_trusted(&self, now: Instant) -> bool {
        self.detected_since().is_some_and(|at| now.saturating_duration_since(at) < TRUSTED)
    }

    /// Returns true if the engine has detected the speech that the local detector has found since `began`.
    pub(super) fn has_detected(&self, began: Instant) -> bool {
        self.detected.is_some() || self.noticed.is_some_and(|at| at + SAME_SPEECH > began)
    }

    /// Returns true if an engine that is lost had detected the speech that the local detector found. Resets this state.
    pub(super) fn was_known(&mut self) -> bool {
        std::mem::take(&mut self.is_known)
    }

    /// Records that the current speech has interrupted the agent.
    pub(super) fn interrupts(&mut self) {
        self.is_interruption = self.detected.is_none();
    }

    /// Returns true if the speech that only the local detector found has interrupted the agent. Resets this state.
    pub(super) fn has_interrupted(&mut self) -> bool {
        std::mem::take(&mut self.is_interruption)
    }

    pub(super) fn last_voice(&self) -> Option<Instant> {
        self.local.last_voice()
    }

    /// Returns when the caller's voice ended. `reported_ms_ago` is the engine's report of that time.
    pub(super) fn ended_at(&self, reported_ms_ago: Option<u64>, now: Instant) -> Instant {
        let reported = reported_ms_ago.filter(|ago| *ago <= RECENT_MS);
        let reported = reported.and_then(|ago| now.checked_sub(Duration::from_millis(ago)));
        let is_recent = |at: &Instant| now.saturating_duration_since(*at).as_millis() <= RECENT_MS.into();
        reported.or(self.last_voice().filter(is_recent)).or(self.last_audio).unwrap_or(now)
    }

    /// Returns when missing audio counts as a gap; none while the caller is silent.
    pub(super) fn gap_at(&self, now: Instant) -> Option<Instant> {
        let last = self.last_audio.max(self.noticed).unwrap_or(now);
        let fills = Duration::from_millis(GAP_FILL_MS) * self.gap_fills;
        self.is_in_progress(now).then(|| last + MEDIA_GAP + fills)
    }

    /// Returns the deadline for speech whose end the engine does not detect. `turn_end` is the time that the engine may
    /// wait after the caller's last word.
    pub(super) fn stuck_at(&self, turn_end: Duration, now: Instant) -> Option<Instant> {
        let detected = self.detected_since()?;
        if self.gap_fills > 0 {
            return Some(self.last_audio.max(self.noticed)? + MEDIA_GAP + STUCK_GRACE);
        }
        // A late line loses no audio, so the delayed audio may still contain the end of the speech.
        self.last_audio.filter(|at| now.saturating_duration_since(*at) < LATE)?;
        let endless = self.endless_at(detected);
        if self.local.is_speaking(now) {
            return Some(endless);
        }
        let quiet = self.last_voice().map_or(detected, |voice| voice.max(detected));
        Some(endless.min(quiet + turn_end + STUCK_GRACE))
    }

    fn endless_at(&self, detected: Instant) -> Instant {
        let since = if self.is_wordless { Some(detected) } else { self.words_at.map(|at| at.max(detected)) };
        let wordless = since.map(|since| since + MAX_WORDLESS_TURN);
        wordless.map_or(detected + MAX_TURN, |at| at.min(detected + MAX_TURN))
    }

    pub(super) fn words_known(&mut self, item: &ItemId, has_words: bool, is_final: bool, now: Instant) {
        if has_words && self.is_detecting(item) {
            self.words_at = Some(now);
        }
        if has_words {
            self.is_wordless = false;
        }
        if is_final && self.cut_off.as_ref() == Some(item) {
            self.cut_off = None;
            self.is_wordless = !has_words;
        }
    }

    fn detected_since(&self) -> Option<Instant> {
        self.noticed.filter(|_| self.detected.is_some())
    }

    pub(super) fn received(
        &mut self,
        is_voice: bool,
        is_agent_heard: bool,
        length: Duration,
        now: Instant,
    ) -> Option<Change> {
        self.last_audio = Some(now);
        self.gap_fills = 0;
        self.local.push(is_voice, is_agent_heard, length, now)
    }

    /// `is_replay`: whether the utterance began in audio that an earlier engine had received.
    pub(super) fn started(&mut self, item: ItemId, is_replay: bool, now: Instant) {
        (self.detected, self.is_replay, self.noticed) = (Some(item), is_replay, Some(now));
        (self.missed_since, self.is_interruption) = (None, false);
        (self.gap_fills, self.short_sounds, self.ended) = (0, None, None);
    }

    pub(super) fn stopped(&mut self, now: Instant) {
        (self.detected, self.noticed) = (None, Some(now));
        self.local.end();
    }

    pub(super) fn end_local(&mut self) -> Option<Change> {
        self.local.end()
    }

    /// Returns true if a sound that the engine has not detected is speech and not noise: it contains enough voice,
    /// alone or with the sounds just before it.
    pub(super) fn is_speech(&mut self, voiced: Duration, began: Instant, now: Instant) -> bool {
        let is_repeated =
            |sounds: &ShortSounds| began <= sounds.ended + REPEATED_WITHIN && now <= sounds.began + MAX_REPEATED;
        let earlier = self.short_sounds.take().filter(is_repeated);
        let earlier = earlier.unwrap_or(ShortSounds { voiced: Duration::ZERO, began, ended: now });
        let sounds = ShortSounds { voiced: earlier.voiced + voiced, ended: now, ..earlier };
        let is_speech = sounds.voiced >= SURE_SPEECH;
        self.short_sounds = Some(sounds).filter(|_| !is_speech);
        is_speech
    }

    /// Returns true once when the last short sounds were not followed by another sound, so that they were noise.
    pub(super) fn were_noise(&mut self, now: Instant) -> bool {
        let is_over = self.short_sounds.is_some_and(|sounds| now > sounds.ended + REPEATED_WITHIN);
        is_over && !self.local.is_heard() && self.short_sounds.take().is_some()
    }

    /// Returns true while another sound may count together with the last short sounds.
    pub(super) fn has_short_sounds(&self) -> bool {
        self.short_sounds.is_some()
    }

    pub(super) fn missed(&mut self, since: Instant) {
        self.missed_since.get_or_insert(since);
        self.short_sounds = None;
    }

    pub(super) fn excuse_missed(&mut self) {
        self.missed_since = None;
    }

    /// Returns true if silence must be sent to the engine. After a long gap, the caller's speech counts as ended.
    pub(super) fn fill_gap(&mut self) -> bool {
        if self.detected.is_some() && self.gap_fills < MAX_GAP_FILLS {
            self.gap_fills += 1;
            return true;
        }
        self.detected = None;
        false
    }

    /// Returns the utterance and the end of its voice; without voice, its start.
    pub(super) fn end_detected(&mut self) -> Option<(ItemId, Instant)> {
        let since = self.detected_since()?;
        let item = self.detected.take()?;
        self.cut_off = Some(item.clone());
        self.ended = Some((item.clone(), self.local.last_speech()));
        Some((item, self.last_voice_of(since).unwrap_or(since)))
    }

    /// Returns true if the session has ended the turn with this utterance, and the caller has said nothing since. The
    /// engine may report the end of the utterance later.
    pub(super) fn is_ended(&self, item: &ItemId) -> bool {
        self.ended.as_ref().is_some_and(|(ended, speech)| ended == item && *speech == self.local.last_speech())
    }

    /// Returns the end of the voice in speech that was detected at `since`; none if the speech has no voice.
    fn last_voice_of(&self, since: Instant) -> Option<Instant> {
        self.last_voice().filter(|voice| *voice + JUST_NOW >= since)
    }

    /// Resets the speech state, because the caller is no longer connected with the agent.
    pub(super) fn forget(&mut self) {
        self.local.end();
        (self.detected, self.noticed, self.missed_since) = (None, None, None);
        (self.is_interruption, self.short_sounds) = (false, None);
    }

    /// Resets the detection when the engine is lost together with the speech that it received. The next engine must
    /// detect that speech. Returns the end of the voice in the speech; none if the speech continues, or if the engine
    /// was not detecting speech.
    pub(super) fn engine_lost(&mut self, now: Instant) -> Option<Instant> {
        let ended = self.detected_since().and_then(|since| self.last_voice_of(since));
        (self.noticed, self.words_at) = (None, None);
        self.detected.take()?;
        self.is_known = self.local.is_speaking(now);
        if self.is_known {
            return None;
        }
        self.missed(now);
        Some(ended.unwrap_or(now))
    }
}
