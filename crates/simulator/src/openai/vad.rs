//! Detects the start and the end of speech by its loudness.

use crate::sound::{bytes_of, loudness, millis};

#[derive(Debug, Default)]
pub(crate) struct Vad {
    /// The received audio after the last complete frame.
    rest: Vec<u8>,
    position: usize,
    loud_frames: u32,
    quiet_bytes: usize,
    speaking: bool,
}

/// The settings of turn detection, as in the session's configuration. `threshold` is from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VadSettings {
    pub(crate) threshold: f64,
    pub(crate) prefix_ms: u64,
    pub(crate) silence_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VadEvent {
    Started { audio_start_ms: u64 },
    Stopped { audio_end_ms: u64 },
}

impl Vad {
    pub(crate) fn receive(&mut self, sound: &[u8], settings: VadSettings) -> Vec<VadEvent> {
        self.rest.extend_from_slice(sound);
        let mut events = Vec::new();
        let whole = self.rest.len() - self.rest.len() % FRAME;
        let frames: Vec<u8> = self.rest.drain(..whole).collect();
        for frame in frames.chunks_exact(FRAME) {
            self.position += FRAME;
            events.extend(self.receive_frame(frame, settings));
        }
        events
    }

    /// Ends the speech in progress, for example because the buffer was committed or cleared.
    pub(crate) fn reset(&mut self) {
        self.speaking = false;
        self.loud_frames = 0;
    }

    fn receive_frame(&mut self, frame: &[u8], settings: VadSettings) -> Option<VadEvent> {
        if f64::from(loudness(frame)) >= settings.threshold * LOUDNESS_OF_ONE {
            self.loud_frames += 1;
            self.quiet_bytes = 0;
            if !self.speaking && self.loud_frames == FRAMES_OF_SPEECH {
                self.speaking = true;
                let began = self.position - FRAME * FRAMES_OF_SPEECH as usize;
                return Some(VadEvent::Started { audio_start_ms: millis(began).saturating_sub(settings.prefix_ms) });
            }
            return None;
        }
        self.loud_frames = 0;
        self.quiet_bytes += FRAME;
        if self.speaking && self.quiet_bytes >= bytes_of(settings.silence_ms) {
            self.speaking = false;
            return Some(VadEvent::Stopped { audio_end_ms: millis(self.position) });
        }
        None
    }
}

const FRAME: usize = 160;
/// The number of consecutive loud frames at which speech starts: 60 ms, which is longer than a click.
const FRAMES_OF_SPEECH: u32 = 3;
/// The loudness that corresponds to a threshold of 1.
const LOUDNESS_OF_ONE: f64 = 800.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Voice, silence};

    const SETTINGS: VadSettings = VadSettings { threshold: 0.5, prefix_ms: 300, silence_ms: 500 };

    #[test]
    fn speech_is_found_for_any_chunk_size() {
        let sound = [silence(1_000), Voice::caller(1).speak(800), silence(1_000)].concat();
        for piece in [1, 77, 160, 4_000, sound.len()] {
            let mut vad = Vad::default();
            let events: Vec<_> = sound.chunks(piece).flat_map(|piece| vad.receive(piece, SETTINGS)).collect();
            assert_eq!(
                events,
                [VadEvent::Started { audio_start_ms: 700 }, VadEvent::Stopped { audio_end_ms: 2_300 }],
                "{piece}"
            );
        }
    }

    #[test]
    fn clicks_and_short_pauses_are_no_turns() {
        let mut vad = Vad::default();
        assert_eq!(vad.receive(&[Voice::caller(1).speak(40), silence(900)].concat(), SETTINGS), []);
        let sound = [Voice::caller(1).speak(300), silence(400), Voice::caller(2).speak(300)].concat();
        assert_eq!(vad.receive(&sound, SETTINGS).len(), 1);
    }
}
