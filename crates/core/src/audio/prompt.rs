//! Sound files that Twilio fetches and plays to a caller (<https://www.twilio.com/docs/voice/twiml/play>).

use super::mp3::{self, Mp3Error};
use super::wav::{self, WavFormat};
use std::time::Duration;

/// A sound file that Twilio plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The media type: `audio/mpeg` or `audio/wav`.
    pub mime: &'static str,
    /// The bytes of the file that Twilio gets.
    pub content: Vec<u8>,
    /// The duration of the sound; not zero after [`Prompt::read`].
    pub length: Duration,
}

/// The reason why a file cannot be played to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The file is a WAV file whose header is incomplete, or whose encoding, number of channels or sample rate is not
    /// supported.
    #[error("a WAV file must be complete, with 16-bit linear or mu-law samples, one or two channels, and {min} to {max} samples a second", min = wav::MIN_RATE, max = wav::MAX_RATE)]
    OtherWav,
    /// The format of the file is valid, but its sound has a length of zero.
    #[error("the file contains no sound")]
    Empty,
    /// The file is neither a WAV file nor an MP3 file whose duration can be determined.
    #[error(transparent)]
    Mp3(#[from] Mp3Error),
}

impl Prompt {
    /// Reads a file. An MP3 file is kept unchanged. A WAV file is converted to 16-bit mono; its other chunks, such as
    /// titles, are removed. Rejects a file without sound.
    pub fn read(file: Vec<u8>) -> Result<Self, PromptError> {
        let prompt = if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WAVE") {
            Self::read_wav(&file)?
        } else {
            let length = mp3::duration(&file)?;
            Self { mime: MP3, content: file, length }
        };
        if prompt.length.is_zero() { Err(PromptError::Empty) } else { Ok(prompt) }
    }

    fn read_wav(file: &[u8]) -> Result<Self, PromptError> {
        let format = WavFormat::parse(file, file.len() as u64).ok_or(PromptError::OtherWav)?;
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(file.len());
        let mut samples = Vec::new();
        format.decode_into(&file[at(format.data.start)..at(format.data.end)], &mut samples);
        let mono = samples.chunks_exact(usize::from(format.channels)).map(|frame| match frame {
            [left, right] => left.midpoint(*right),
            _ => frame[0],
        });
        let frames = format.frames();
        let mut content = wav::pcm_header(1, format.rate, frames).to_vec();
        content.extend(mono.flat_map(i16::to_le_bytes));
        let length = Duration::from_nanos(frames.saturating_mul(1_000_000_000) / u64::from(format.rate));
        Ok(Self { mime: WAV, content, length })
    }
}

/// The media type of an MP3 file.
pub const MP3: &str = "audio/mpeg";
/// The media type of a WAV file.
pub const WAV: &str = "audio/wav";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wav_of(channels: u16, rate: u32, samples: &[i16]) -> Vec<u8> {
        let frames = samples.len() as u64 / u64::from(channels);
        let mut file = wav::pcm_header(channels, rate, frames).to_vec();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }

    #[test]
    fn a_stereo_file_becomes_mono_and_keeps_its_rate() {
        let prompt = Prompt::read(wav_of(2, 16_000, &[100, 300, -5, -7].repeat(4000))).unwrap();
        assert_eq!((prompt.mime, prompt.length), (WAV, Duration::from_millis(500)));
        assert_eq!(prompt.content, wav_of(1, 16_000, &[200, -6].repeat(4000)));
    }

    #[test]
    fn mu_law_becomes_linear() {
        let mut file = wav::header(1, 800).to_vec();
        file.extend([0xff; 800]);
        let prompt = Prompt::read(file).unwrap();
        assert_eq!((prompt.length, prompt.content.len()), (Duration::from_millis(100), wav::PCM_HEADER_BYTES + 1600));
    }

    #[test]
    fn a_file_that_twilio_cannot_play_is_refused() {
        assert_eq!(Prompt::read(wav_of(1, 8000, &[])), Err(PromptError::Empty));
        let mut other = wav_of(1, 8000, &[1, 2]);
        other[20] = 6;
        assert_eq!(Prompt::read(other), Err(PromptError::OtherWav));
        assert_eq!(Prompt::read(b"OggS".to_vec()), Err(PromptError::Mp3(Mp3Error::NoSound)));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let file = [&b"RIFF....WAVEfmt "[..], &tail].concat();
            if let Ok(prompt) = Prompt::read(file) {
                prop_assert!(!prompt.length.is_zero());
            }
        }

        #[test]
        fn a_greeting_is_read_again_unchanged(samples in proptest::collection::vec(any::<i16>(), 1..200)) {
            let once = Prompt::read(wav_of(1, 8000, &samples)).unwrap();
            prop_assert_eq!(Prompt::read(once.content.clone()), Ok(once));
        }
    }
}
