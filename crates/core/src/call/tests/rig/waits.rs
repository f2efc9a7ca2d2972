//! Checks the invariant that a caller who waits for a reply hears audio. The wait begins at the end of the caller's
//! sound. The rig knows this time from the caller's simulated voice, independent of the engine's detection.

use super::{Rig, ms};
use std::time::{Duration, Instant};

/// The maximum silence for a waiting caller, including the transit time.
const MAX_SILENCE: Duration = Duration::from_millis(2060);
/// The minimum amount of voice in a sound of the caller.
const SOUND: Duration = Duration::from_millis(200);
/// The minimum amount of voice in speech that requires a reply even if the engine does not detect it.
const SURE_SPEECH: Duration = Duration::from_millis(600);
/// Sounds that the engine does not detect, with at most this much time between them, count together.
const REPEATED_WITHIN: Duration = Duration::from_millis(2500);
/// The maximum duration of sounds that count together.
const MAX_REPEATED: Duration = Duration::from_secs(5);
/// The length of the pause that ends a sound.
const PAUSE: Duration = Duration::from_millis(500);
/// The engine has detected a sound if its last detection was at most this long before the sound.
const SAME_SPEECH: Duration = Duration::from_secs(1);
/// The line is late after this much time without audio.
const LATE: Duration = Duration::from_millis(750);
/// How long the session waits for a line that stops during a sound.
const DEAD_LINE: Duration = Duration::from_secs(3);
/// How soon after a sound the engine must detect its end.
const ENGINE_DETECTS_END: Duration = Duration::from_millis(1510);
/// The maximum duration of speech without a pause.
const MAX_SPEECH: Duration = Duration::from_mins(1);

/// Tracks, without access to the session's state, whether the caller waits for a reply.
#[derive(Default)]
pub(super) struct Waits {
    pub(super) since: Option<Instant>,
    /// True if the call is about to end, or is no longer a conversation.
    pub(super) is_over: bool,
    /// True if nothing that the caller says can change `is_over` any more.
    pub(super) is_final: bool,
    /// True if the caller's sound started during the agent's speech. Its words then decide whether a reply is due.
    pub(super) is_over_agent: bool,
    pub(super) voice: CallerVoice,
}

/// The caller's voice on the line.
#[derive(Default)]
pub(super) struct CallerVoice {
    sound: Option<Sound>,
    /// When the caller's voice was last detected in an earlier sound.
    last_sound: Option<Instant>,
    last_frame: Option<Instant>,
    /// When a late line last continued.
    continued: Option<Instant>,
    /// The time until which a late line may have delayed more of a sound.
    held_until: Option<Instant>,
    /// When voice was last detected, however short.
    last_voice: Option<Instant>,
    /// True if an engine that is lost had detected the sound.
    pub(super) was_detected: bool,
    /// The last short sounds that no engine detected: the amount of voice in them, and when they began and ended.
    pub(super) short_sounds: Option<(Duration, Instant, Instant)>,
}

/// A sound of the caller, from the first to the last detected voice.
#[derive(Clone, Copy)]
struct Sound {
    began: Instant,
    last_voice: Instant,
    voiced: Duration,
    quiet: Duration,
    is_over_agent: bool,
}

impl Waits {
    pub(super) fn forget(&mut self) {
        (self.since, self.is_over_agent) = (None, false);
        self.voice.end();
        (self.voice.short_sounds, self.voice.was_detected, self.voice.held_until) = (None, false, None);
    }
}

impl CallerVoice {
    /// Returns true while the caller makes a sound, as far as the line has delivered it.
    pub(super) fn is_sounding(&self) -> bool {
        self.sound.is_some_and(|sound| sound.voiced >= SOUND)
    }

    /// Returns true during speech that cannot be an echo of the agent.
    pub(super) fn is_person(&self) -> bool {
        self.sound.is_some_and(|sound| sound.voiced >= 2 * SOUND && !sound.is_over_agent)
    }

    fn last_sound(&self) -> Option<Instant> {
        let sound = self.sound.filter(|sound| sound.voiced >= SOUND).map(|sound| sound.last_voice);
        sound.max(self.last_sound)
    }

    /// Returns the end of the caller's voice in a sound that the engine has detected since `start`; `start` if the voice
    /// ended before, and `now` if there was no voice.
    pub(super) fn ended_since(&self, start: Instant, now: Instant) -> Instant {
        self.last_voice.filter(|at| *at + PAUSE >= start).map_or(now, |at| at.max(start))
    }

    pub(super) fn end(&mut self) {
        self.last_sound = self.last_sound();
        self.sound = None;
    }

    /// Returns true if the sound contains enough voice for speech, alone or with the undetected sounds just before it.
    fn is_speech(&mut self, sound: Sound, is_counted: bool, now: Instant) -> bool {
        if !is_counted {
            return sound.voiced >= SURE_SPEECH;
        }
        let is_repeated = |(_, began, ended): &(Duration, Instant, Instant)| {
            sound.began <= *ended + REPEATED_WITHIN && now <= *began + MAX_REPEATED
        };
        let earlier = self.short_sounds.take().filter(is_repeated);
        let (earlier, began, _) = earlier.unwrap_or((Duration::ZERO, sound.began, now));
        let voiced = earlier + sound.voiced;
        self.short_sounds = Some((voiced, began, now)).filter(|_| voiced < SURE_SPEECH);
        voiced >= SURE_SPEECH
    }

    fn is_line_late(&self, now: Instant) -> bool {
        self.last_frame.is_none_or(|at| now - at >= LATE)
    }
}

impl Rig {
    pub(super) fn hear_caller(&mut self, is_voice: bool) {
        let (now, is_over_agent, frame) = (self.now, self.is_agent_speaking(), ms(20));
        let voice = &mut self.waits.voice;
        if voice.is_line_late(now) {
            voice.continued = Some(now);
            if voice.is_sounding() {
                // The caller's speech during the delay is lost, or will arrive later.
                voice.held_until = Some(now);
            }
        }
        voice.last_frame = Some(now);
        if is_voice {
            voice.last_voice = Some(now);
            let new = Sound { began: now, last_voice: now, voiced: ms(0), quiet: ms(0), is_over_agent };
            let sound = voice.sound.get_or_insert(new);
            *sound = Sound {
                last_voice: now,
                voiced: sound.voiced + frame,
                quiet: ms(0),
                is_over_agent: sound.is_over_agent || is_over_agent,
                ..*sound
            };
        } else if let Some(sound) = &mut voice.sound {
            sound.quiet += frame;
            if sound.quiet >= PAUSE {
                self.caller_sound_ended();
            }
        }
    }

    /// Records the end of the caller's sound. If the sound was speech that did not start during the agent's speech, a
    /// reply is due.
    pub(super) fn caller_sound_ended(&mut self) {
        let Some(sound) = self.waits.voice.sound else { return };
        self.waits.voice.end();
        if sound.voiced < SOUND {
            return;
        }
        let was_detected = std::mem::take(&mut self.waits.voice.was_detected);
        let is_detected = self.engine.noticed.is_some_and(|at| at + SAME_SPEECH > sound.began);
        let is_counted = !was_detected && !is_detected && self.engine.speaks.is_none() && !sound.is_over_agent;
        let is_speech = was_detected || self.waits.voice.is_speech(sound, is_counted, self.now);
        let is_owed = is_speech && self.engine.speaks.is_none() && !is_detected && !sound.is_over_agent;
        if is_owed && self.phone.stream {
            self.waits.since.get_or_insert(sound.last_voice);
        }
    }

    /// Resets the engine's state, because the next engine starts without the state of the call.
    pub(super) fn lose_engine(&mut self) {
        let engine = std::mem::take(&mut self.engine);
        let Some(start) = engine.speaks else { return };
        let ended = self.detected_sound_end(start);
        self.waits.voice.last_sound = self.waits.voice.last_sound.max(Some(ended));
        if self.waits.voice.is_sounding() {
            self.waits.voice.was_detected = true;
        } else if !self.waits.is_over_agent {
            self.waits.since.get_or_insert(self.now);
        }
    }

    /// Records the end of a sound that the engine has detected. A reply is due, unless the sound started during the
    /// agent's speech.
    pub(super) fn engine_sound_ended(&mut self) {
        let Some(start) = self.engine.speaks.take() else {
            // If the engine reports an end of speech without a start, the session requests a reply.
            return self.waits.voice.end();
        };
        let ended = self.detected_sound_end(start);
        if self.engine.is_ready && self.phone.stream && !self.waits.is_over_agent {
            self.waits.since.get_or_insert(ended);
        }
        self.waits.voice.end();
        self.waits.voice.last_sound = Some(ended);
    }

    /// Returns the end of a sound that the engine has detected until now. If the line is late, more of the sound may
    /// arrive.
    fn detected_sound_end(&self, start: Instant) -> Instant {
        let voice = &self.waits.voice;
        if voice.is_line_late(self.now) { self.now } else { voice.ended_since(start, self.now) }
    }

    /// Returns the time until which the sound that the engine detects may last.
    fn detected_until(&self, start: Instant) -> Instant {
        let voice = &self.waits.voice;
        if voice.is_line_late(self.now) {
            let last = voice.last_frame.max(Some(start)).unwrap_or(start);
            return last + DEAD_LINE + ENGINE_DETECTS_END;
        }
        if voice.is_sounding() {
            return start + MAX_SPEECH;
        }
        let until = voice.last_voice.max(Some(start)).unwrap_or(start) + ENGINE_DETECTS_END;
        voice.continued.max(Some(until)).unwrap_or(until)
    }

    /// Asserts that a waiting caller does not hear silence for longer than `MAX_SILENCE`. After a stall of the phone, a
    /// longer silence is allowed.
    pub(super) fn check_silence(&mut self) {
        let line_ended = self.waits.voice.last_frame.max(self.engine.noticed).map(|at| at + DEAD_LINE);
        if let Some(ended) = line_ended.filter(|at| *at <= self.now && self.waits.voice.is_sounding()) {
            self.caller_sound_ended();
            // The silence counts from `ended`: until then, the rest of the sound may have been in transit.
            self.waits.voice.last_sound = Some(ended);
        }
        let is_on = self.phone.stream && !self.session.is_over() && !self.waits.is_over;
        if !is_on || self.waits.voice.is_sounding() {
            return;
        }
        let mut owed = self.waits.since;
        if let Some(start) = self.engine.speaks {
            let until = self.detected_until(start);
            if until >= self.now {
                return;
            }
            owed = owed.or((!self.waits.is_over_agent).then_some(until));
        }
        let (Some(since), Some(quiet)) = (owed, self.phone.quiet_since()) else { return };
        let voice = &self.waits.voice;
        let from = quiet.max(voice.last_sound()).max(voice.held_until).unwrap_or(since).max(since);
        let silence = self.now.saturating_duration_since(from);
        let longest = MAX_SILENCE + if self.has_stalled { ms(1300) } else { Duration::ZERO };
        assert!(silence <= longest, "the caller waits and hears nothing for {silence:?}");
    }
}
