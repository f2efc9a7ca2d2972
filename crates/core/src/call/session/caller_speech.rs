//! Whether the caller speaks, by two detectors: the engine's, and the local voice detector as a check of it.

use crate::call::ItemId;
use crate::call::local_speech::{Change, LocalSpeech};
use std::time::{Duration, Instant};

/// After the engine has detected speech, its detection is trusted for this long.
const TRUSTED: Duration = Duration::from_secs(2);
/// A line without audio for this long is late. It loses nothing: the delayed audio arrives in full, and its timestamps
/// show whether silence belongs before it.
const LATE: Duration = Duration::from_millis(750);
/// If no audio arrives for this long during speech, the line has a gap.
const MEDIA_GAP: Duration = Duration::from_secs(3);
/// How much silence fills a gap, repeated while the gap lasts.
pub(super) const GAP_FILL_MS: u64 = 1000;
/// After this many, the caller does not speak any more, whatever the engine reports.
const MAX_GAP_FILLS: u32 = 10;
/// An engine that has not detected the end of speech this long after it should have is instructed to end the turn.
const STUCK_GRACE: Duration = Duration::from_secs(1);
/// Speech without a pause is shorter than this: longer sound is music, which the local detector also classifies as
/// voice.
const MAX_TURN: Duration = Duration::from_mins(1);
/// The same without words: where the transcript of speech in progress does not grow, or had no words the last time.
const MAX_WORDLESS_TURN: Duration = Duration::from_secs(12);
/// If the engine detected speech at most this long before the local detector, both detected the same speech.
const SAME_SPEECH: Duration = Duration::from_secs(1);
/// Voice this long ago belongs to the sound that the engine detects now.
const JUST_NOW: Duration = Duration::from_millis(500);
/// A time that a detector reports is used only if it is at most this long ago.
const RECENT_MS: u64 = 5000;

/// The state of the caller's speech.
#[derive(Debug, Default)]
pub(super) struct CallerSpeech {
    /// The utterance that is in progress by the engine's detection.
    detected: Option<ItemId>,
    /// When the engine last detected its start or its end.
    noticed: Option<Instant>,
    /// When the caller's audio last arrived.
    last_audio: Option<Instant>,
    /// How often silence was inserted into the current speech, because no audio arrived.
    gap_fills: u32,
    /// When words of the speech in progress were last known; none until the engine has reported words before the end of
    /// speech, because not every engine does.
    words_at: Option<Instant>,
    /// The utterance that was ended because it was too long, if its words are not known.
    cut_off: Option<ItemId>,
    /// The last utterance that was too long had no words.
    is_wordless: bool,
    local: LocalSpeech,
    /// Since when the engine has not detected speech that the local detector found.
    missed_since: Option<Instant>,
    /// The speech that the local detector finds was detected by an engine that is lost.
    is_known: bool,
    /// The speech that only the local detector finds has interrupted the agent: a reply is due at its end.
    is_interruption: bool,
}

impl CallerSpeech {
    /// Returns true while agent speech would talk over the caller.
    pub(super) fn is_in_progress(&self, now: Instant) -> bool {
        self.detected.is_some() || self.local.is_speaking(now)
    }

    /// Returns true while the local detector finds speech.
    pub(super) fn has_local_speech(&self, now: Instant) -> bool {
        self.local.is_speaking(now)
    }

    /// Returns true while the engine detects speech.
    pub(super) fn is_detected(&self) -> bool {
        self.detected.is_some()
    }

    /// The utterance that the engine detects.
    pub(super) fn detected(&self) -> Option<&ItemId> {
        self.detected.as_ref()
    }

    /// Returns true while the engine detects this utterance.
    pub(super) fn is_detecting(&self, item: &ItemId) -> bool {
        self.detected.as_ref() == Some(item)
    }

    /// Returns true if the local detector finds voice, or has just found some.
    pub(super) fn has_local_voice(&self, now: Instant) -> bool {
        self.last_voice().is_some_and(|at| now.saturating_duration_since(at) < JUST_NOW)
    }

    /// Returns true while the engine has not reacted to speech that the local detector found.
    pub(super) fn is_missed(&self) -> bool {
        self.missed_since.is_some()
    }

    /// Returns true while the engine detects speech and is trusted.
    pub(super) fn is_trusted(&self, now: Instant) -> bool {
        self.detected_since().is_some_and(|at| now.saturating_duration_since(at) < TRUSTED)
    }

    /// Returns true if the engine has detected the speech that the local detector found from `began` on.
    pub(super) fn has_detected(&self, began: Instant) -> bool {
        self.detected.is_some() || self.noticed.is_some_and(|at| at + SAME_SPEECH > began)
    }

    /// Returns true, once, if an engine that is lost had detected the speech that the local detector found.
    pub(super) fn was_known(&mut self) -> bool {
        std::mem::take(&mut self.is_known)
    }

    /// The speech in progress has interrupted the agent. If the engine does not detect it, only the local detector finds
    /// its end.
    pub(super) fn interrupts(&mut self) {
        self.is_interruption = self.detected.is_none();
    }

    /// Returns true, once, if the speech that the local detector found has interrupted the agent.
    pub(super) fn has_interrupted(&mut self) -> bool {
        std::mem::take(&mut self.is_interruption)
    }

    /// When the local detector last found voice.
    pub(super) fn last_voice(&self) -> Option<Instant> {
        self.local.last_voice()
    }

    /// When the caller's voice ended: as the engine reports it, in milliseconds ago; else by the local detector; else
    /// now.
    pub(super) fn ended_at(&self, reported_ms_ago: Option<u64>, now: Instant) -> Instant {
        let reported = reported_ms_ago.filter(|ago| *ago <= RECENT_MS);
        let reported = reported.and_then(|ago| now.checked_sub(Duration::from_millis(ago)));
        let is_recent = |at: &Instant| now.saturating_duration_since(*at).as_millis() <= RECENT_MS.into();
        reported.or(self.last_voice().filter(is_recent)).unwrap_or(now)
    }

    /// When missing audio counts as a gap; none while the caller is silent.
    pub(super) fn gap_at(&self, now: Instant) -> Option<Instant> {
        let last = self.last_audio.max(self.noticed).unwrap_or(now);
        let fills = Duration::from_millis(GAP_FILL_MS) * self.gap_fills;
        self.is_in_progress(now).then(|| last + MEDIA_GAP + fills)
    }

    /// The deadline for speech that only the engine detects. `turn_end`: how long the engine may wait after
    /// the caller's last word.
    pub(super) fn stuck_at(&self, turn_end: Duration, now: Instant) -> Option<Instant> {
        let detected = self.detected_since()?;
        if self.gap_fills > 0 {
            return Some(self.last_audio.max(self.noticed)? + MEDIA_GAP + STUCK_GRACE);
        }
        // A late line loses nothing.
        self.last_audio.filter(|at| now.saturating_duration_since(*at) < LATE)?;
        let endless = self.endless_at(detected);
        if self.local.is_speaking(now) {
            return Some(endless);
        }
        let quiet = self.last_voice().map_or(detected, |voice| voice.max(detected));
        Some(endless.min(quiet + turn_end + STUCK_GRACE))
    }

    /// When speech that was detected at `detected` is too long.
    fn endless_at(&self, detected: Instant) -> Instant {
        let since = if self.is_wordless { Some(detected) } else { self.words_at.map(|at| at.max(detected)) };
        let wordless = since.map(|since| since + MAX_WORDLESS_TURN);
        wordless.map_or(detected + MAX_TURN, |at| at.min(detected + MAX_TURN))
    }

    /// Words of an utterance are known.
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

    /// A piece of the caller's audio has arrived, while the agent is heard or not.
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

    /// The engine has detected the start of an utterance.
    pub(super) fn started(&mut self, item: ItemId, now: Instant) {
        (self.detected, self.noticed) = (Some(item), Some(now));
        (self.missed_since, self.is_interruption) = (None, false);
        self.gap_fills = 0;
    }

    /// The engine has detected the end of the utterance.
    pub(super) fn stopped(&mut self, now: Instant) {
        (self.detected, self.noticed) = (None, Some(now));
        self.local.end();
    }

    /// The local detector waits for no more audio of the current speech.
    pub(super) fn end_local(&mut self) -> Option<Change> {
        self.local.end()
    }

    /// The engine has not detected the speech that ended at `since`.
    pub(super) fn missed(&mut self, since: Instant) {
        self.missed_since.get_or_insert(since);
    }

    /// The engine need not react to speech that it has not detected.
    pub(super) fn excuse_missed(&mut self) {
        self.missed_since = None;
    }

    /// The line has a gap. Returns true if the engine is to receive silence; after a long gap, the caller does not
    /// speak any more.
    pub(super) fn fill_gap(&mut self) -> bool {
        if self.detected.is_some() && self.gap_fills < MAX_GAP_FILLS {
            self.gap_fills += 1;
            return true;
        }
        self.detected = None;
        false
    }

    /// Ends the utterance that the engine detects, because it is too long or has no voice. Returns it, and the end of its
    /// voice; without a voice, its start.
    pub(super) fn end_detected(&mut self) -> Option<(ItemId, Instant)> {
        let since = self.detected_since()?;
        let item = self.detected.take()?;
        self.cut_off = Some(item.clone());
        Some((item, self.last_voice_of(since).unwrap_or(since)))
    }

    /// The end of the voice of speech that was detected at `since`; none if it has no voice.
    fn last_voice_of(&self, since: Instant) -> Option<Instant> {
        self.last_voice().filter(|voice| *voice + JUST_NOW >= since)
    }

    /// No caller is connected any more.
    pub(super) fn forget(&mut self) {
        self.local.end();
        (self.detected, self.noticed, self.missed_since) = (None, None, None);
        self.is_interruption = false;
    }

    /// The engine is lost with the speech that it received. The next engine must react to that speech. Returns the end of
    /// its voice, if it is over.
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
