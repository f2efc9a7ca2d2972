//! The caller's audio in the format of a session.

use super::{PCM_RATE, append};
use crate::audio::{EncodedAudio, Upsampler};
use crate::config::AudioFormat;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[derive(Debug)]
pub struct CallerAudio {
    /// None if the session receives telephone audio.
    pcm: Option<Upsampler>,
}

impl CallerAudio {
    pub fn new(format: AudioFormat) -> Self {
        Self { pcm: (format == AudioFormat::Pcm).then(|| Upsampler::new(PCM_RATE)) }
    }

    /// Returns the message with the next piece of the audio.
    pub fn append(&mut self, audio: &EncodedAudio) -> String {
        match &mut self.pcm {
            None => append(audio.base64()),
            Some(pcm) => append(&STANDARD.encode(pcm.push(&audio.decode()))),
        }
    }
}
