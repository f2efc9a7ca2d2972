//! Decides when the scripted caller speaks, without I/O. Time passes in frames of 20 ms.

use super::phone::FRAME_MS;
use super::scene::LineStart;
use crate::audio::FRAME_BYTES;
use crate::runtime::calls::RehearsalProgress;
use std::time::Duration;

/// How long the caller is silent after the agent's answer before it speaks.
const REACTION_MS: u64 = 400;
/// How long the caller is silent after the last answer before it hangs up. Transcripts may arrive late.
const HANG_UP_MS: u64 = 1000;
/// How long the caller waits for an answer to words, and to a sound without words.
const WORDS_LIMIT_MS: u64 = 15_000;
const NOISE_LIMIT_MS: u64 = 4000;
/// How long the caller waits for the agent to speak first.
const GREETING_LIMIT_MS: u64 = 5000;
/// How long the caller waits at most for the end of an answer.
const ANSWER_LIMIT_MS: u64 = 120_000;

/// A line with its audio: mu-law without silence around it.
#[derive(Debug)]
pub(super) struct AudibleLine {
    pub(super) audio: Vec<u8>,
    pub(super) is_noise: bool,
    pub(super) start: LineStart,
}

/// When a line was spoken, in milliseconds since the start of the call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SpokenLine {
    pub(super) began_ms: u64,
    pub(super) ended_ms: u64,
    /// The time from the end of the line until the agent was heard.
    pub(super) first_audio_ms: Option<u64>,
    /// When the agent was last heard after the line.
    pub(super) last_audio_ms: u64,
    pub(super) is_unanswered: bool,
    /// How many words of the agent were heard at the end of the line.
    heard_words: usize,
}

/// What the caller perceives in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Perceived {
    /// Whether the agent is heard.
    pub(super) is_heard: bool,
    /// Whether audio of the agent is still to be played.
    pub(super) is_playing: bool,
}

#[derive(Debug)]
pub(super) struct CallerScript {
    lines: Vec<AudibleLine>,
    agent_speaks_first: bool,
    spoken: Vec<SpokenLine>,
    /// The position in the audio of the line that is being spoken; `None` if the caller is silent.
    position: Option<usize>,
    now_ms: u64,
    /// How long the agent has been silent and waiting for the caller.
    quiet_ms: u64,
    has_heard: bool,
    is_over: bool,
}

impl CallerScript {
    pub(super) fn new(lines: Vec<AudibleLine>, agent_speaks_first: bool) -> Self {
        let (spoken, position) = (Vec::new(), None);
        Self { lines, agent_speaks_first, spoken, position, now_ms: 0, quiet_ms: 0, has_heard: false, is_over: false }
    }

    /// Returns the audio of the next frame; empty if the caller is silent.
    pub(super) fn frame(&self) -> &[u8] {
        let line = self.spoken.len().checked_sub(1).and_then(|at| self.lines.get(at));
        let audio = line.zip(self.position).and_then(|(line, position)| line.audio.get(position..));
        let audio = audio.unwrap_or_default();
        &audio[..audio.len().min(FRAME_BYTES)]
    }

    /// Advances by a frame, in which the audio of [`Self::frame`] was sent.
    pub(super) fn advance(&mut self, perceived: Perceived, progress: &RehearsalProgress) {
        self.now_ms += FRAME_MS;
        self.has_heard |= perceived.is_heard;
        self.quiet_ms = if perceived.is_playing || !progress.is_listening { 0 } else { self.quiet_ms + FRAME_MS };
        if let Some(position) = &mut self.position {
            *position += FRAME_BYTES;
            let line = &self.lines[self.spoken.len() - 1];
            if *position >= line.audio.len() {
                self.position = None;
                if let Some(spoken) = self.spoken.last_mut() {
                    (spoken.ended_ms, spoken.heard_words) = (self.now_ms, progress.heard_words);
                }
            }
            return;
        }
        if let Some(spoken) = self.spoken.last_mut().filter(|_| perceived.is_heard) {
            spoken.last_audio_ms = self.now_ms;
            spoken.first_audio_ms.get_or_insert(self.now_ms - spoken.ended_ms);
        }
        match self.lines.get(self.spoken.len()).map(|line| line.start) {
            Some(start) if self.starts(start, progress) => {
                let began_ms = self.now_ms;
                self.spoken.push(SpokenLine { began_ms, ended_ms: began_ms, ..SpokenLine::default() });
                self.position = Some(0);
            }
            Some(_) => {}
            None => self.is_over = self.is_answered(HANG_UP_MS),
        }
    }

    fn starts(&mut self, start: LineStart, progress: &RehearsalProgress) -> bool {
        let Some(last) = self.spoken.last().copied() else {
            let waits_for_greeting = self.agent_speaks_first && !self.has_heard && self.now_ms < GREETING_LIMIT_MS;
            return progress.is_connected && self.quiet_ms >= REACTION_MS && !waits_for_greeting;
        };
        match start {
            LineStart::AfterAnswer => self.is_answered(REACTION_MS),
            LineStart::AfterWords(words) => {
                progress.heard_words >= last.heard_words + words || self.is_answered(REACTION_MS)
            }
            LineStart::AfterPause(pause) => Duration::from_millis(self.now_ms - last.ended_ms) >= pause,
        }
    }

    /// Returns true if the agent has answered the last line and then was silent for `quiet_ms`, or if the caller does
    /// not wait any longer.
    fn is_answered(&mut self, quiet_ms: u64) -> bool {
        let at = self.spoken.len();
        let is_noise = at.checked_sub(1).and_then(|at| self.lines.get(at)).is_some_and(|line| line.is_noise);
        let Some(last) = self.spoken.last_mut() else { return true };
        let waited_ms = self.now_ms - last.ended_ms;
        if last.first_audio_ms.is_some() {
            return self.quiet_ms >= quiet_ms || waited_ms >= ANSWER_LIMIT_MS;
        }
        let limit_ms = if is_noise { NOISE_LIMIT_MS } else { WORDS_LIMIT_MS };
        let gives_up = waited_ms >= limit_ms;
        last.is_unanswered = gives_up && !is_noise;
        gives_up
    }

    /// Returns true once the caller has nothing more to say and to hear.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub(super) fn into_spoken(self) -> Vec<SpokenLine> {
        self.spoken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTENING: RehearsalProgress =
        RehearsalProgress { is_connected: true, is_listening: true, heard_words: 0, failures: Vec::new(), end: None };
    const QUIET: Perceived = Perceived { is_heard: false, is_playing: false };
    const HEARD: Perceived = Perceived { is_heard: true, is_playing: true };

    fn line(ms: usize, start: LineStart) -> AudibleLine {
        AudibleLine { audio: vec![0x20; ms * 8], is_noise: false, start }
    }

    /// Advances until the caller speaks or hangs up, and returns how long that took.
    fn until_speech(script: &mut CallerScript, perceived: Perceived, progress: &RehearsalProgress) -> u64 {
        let began = script.now_ms;
        while script.position.is_none() && !script.is_over {
            script.advance(perceived, progress);
        }
        script.now_ms - began
    }

    fn speak(script: &mut CallerScript, progress: &RehearsalProgress) {
        while script.position.is_some() {
            script.advance(QUIET, progress);
        }
    }

    #[test]
    fn the_caller_waits_for_the_answer_and_hangs_up_after_the_last_one() {
        let lines = vec![line(100, LineStart::AfterAnswer), line(60, LineStart::AfterAnswer)];
        let mut script = CallerScript::new(lines, false);
        assert_eq!(until_speech(&mut script, QUIET, &LISTENING), REACTION_MS);
        speak(&mut script, &LISTENING);
        for _ in 0..50 {
            script.advance(QUIET, &LISTENING);
        }
        assert!(script.position.is_none(), "there is no answer yet");
        for _ in 0..10 {
            script.advance(HEARD, &LISTENING);
        }
        assert_eq!(until_speech(&mut script, QUIET, &LISTENING), REACTION_MS);
        speak(&mut script, &LISTENING);
        assert_eq!(until_speech(&mut script, QUIET, &LISTENING), WORDS_LIMIT_MS);
        let spoken = script.into_spoken();
        assert_eq!(spoken[0].first_audio_ms, Some(51 * FRAME_MS));
        assert_eq!((spoken[0].is_unanswered, spoken[1].is_unanswered), (false, true));
        assert_eq!(spoken[0].ended_ms - spoken[0].began_ms, 100);
    }

    #[test]
    fn the_caller_interrupts_after_some_words_and_continues_after_a_pause() {
        let pause = LineStart::AfterPause(Duration::from_millis(700));
        let lines = vec![line(20, LineStart::AfterAnswer), line(20, LineStart::AfterWords(3)), line(20, pause)];
        let mut script = CallerScript::new(lines, false);
        until_speech(&mut script, QUIET, &LISTENING);
        let before = RehearsalProgress { heard_words: 2, ..LISTENING };
        speak(&mut script, &before);
        for _ in 0..40 {
            script.advance(HEARD, &RehearsalProgress { heard_words: 4, ..LISTENING });
        }
        assert!(script.position.is_none(), "two words of the answer were heard");
        script.advance(HEARD, &RehearsalProgress { heard_words: 5, ..LISTENING });
        assert_eq!(script.position, Some(0));
        speak(&mut script, &LISTENING);
        assert_eq!(until_speech(&mut script, QUIET, &LISTENING), 700);
    }
}
