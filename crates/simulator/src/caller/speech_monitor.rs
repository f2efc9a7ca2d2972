//! Detects speech in the audio that the caller hears: when an utterance starts and ends.

use crate::sound::{loudness, millis};
use serde::Serialize;

#[derive(Debug, Default)]
pub(super) struct SpeechMonitor {
    listened_bytes: usize,
    last_loud_byte: usize,
    speaking: bool,
    utterances: Vec<Utterance>,
}

/// An utterance that the caller heard, from its first sample to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Utterance {
    /// Milliseconds since the stream started.
    pub began_ms: u64,
    /// Milliseconds since the stream started.
    pub ended_ms: u64,
}

impl SpeechMonitor {
    /// Analyses the audio that was added to `heard` since this method was last called. `heard` has all audio since the
    /// stream started.
    pub(super) fn listen(&mut self, heard: &[u8]) {
        while let Some(frame) = heard.get(self.listened_bytes..self.listened_bytes + FRAME) {
            let frame_began = self.listened_bytes;
            self.listened_bytes += FRAME;
            if loudness(frame) >= LOUD {
                if !self.speaking {
                    self.speaking = true;
                    let at = frame_began + frame.iter().position(|byte| loudness(&[*byte]) >= LOUD).unwrap_or_default();
                    self.utterances.push(Utterance { began_ms: millis(at), ended_ms: millis(at) });
                }
                self.last_loud_byte = self.listened_bytes;
                if let Some(utterance) = self.utterances.last_mut() {
                    utterance.ended_ms = millis(self.last_loud_byte);
                }
            } else if self.speaking && self.listened_bytes - self.last_loud_byte >= GAP {
                self.speaking = false;
            }
        }
    }

    /// Marks the end of the caller's speech: audio after this time is a new utterance, unless the agent is still
    /// speaking.
    pub(super) fn end_caller_turn(&mut self) {
        if self.listened_bytes - self.last_loud_byte >= STOPPED {
            self.speaking = false;
        }
    }

    /// Returns true during an utterance, pauses for breath included.
    pub(super) fn speaking(&self) -> bool {
        self.speaking
    }

    /// Returns all utterances; the last one may still be in progress.
    pub(super) fn utterances(&self) -> &[Utterance] {
        &self.utterances
    }
}

const FRAME: usize = 160;
/// The lowest loudness that counts as speech: above the noise of a line, and below speech.
const LOUD: u32 = 200;
/// The silence, in bytes (60 ms), after which the agent no longer speaks. Silence within speech is shorter.
const STOPPED: usize = 60 * 8;
/// The silence, in bytes (500 ms), that ends an utterance.
const GAP: usize = 500 * 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Voice, silence};

    #[test]
    fn utterances_are_separated_by_half_a_second() {
        let agent = Voice::agent(1);
        let heard =
            [silence(300), agent.speak(400), silence(200), agent.speak(300), silence(700), agent.speak(100)].concat();
        let mut monitor = SpeechMonitor::default();
        for end in (0..heard.len()).step_by(333) {
            monitor.listen(&heard[..end]);
        }
        monitor.listen(&heard);
        let times: Vec<_> =
            monitor.utterances().iter().map(|utterance| (utterance.began_ms, utterance.ended_ms)).collect();
        assert_eq!(times, [(300, 1_200), (1_900, 2_000)]);
        assert!(monitor.speaking());
    }
}
