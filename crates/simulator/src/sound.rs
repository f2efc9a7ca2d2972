//! Audio for the fakes: mu-law, voices, timestamps, WAV and MP3.
//!
//! Audio is G.711 mu-law at 8 kHz, mono, one byte a sample, unless a name says otherwise: 8 bytes are 1 ms.

mod audio_timestamp;
mod mp3;
mod mulaw;
mod voice;
mod wav;

pub use audio_timestamp::{AUDIO_TIMESTAMP_BYTES, read_audio_timestamp, write_audio_timestamp};
pub use mp3::{mp3_millis, silent_mp3};
pub use mulaw::{decode_sample, encode_sample, loudness};
pub use voice::{Voice, silence};
pub use wav::{WavError, read_wav, wav_of_mulaw};

/// The number of bytes in a millisecond of mu-law audio at 8 kHz.
pub const BYTES_PER_MS: usize = 8;

/// A silent sample: positive zero.
pub const SILENCE: u8 = 0xFF;

/// Returns the length of `bytes` of mu-law audio in milliseconds.
pub fn millis(bytes: usize) -> u64 {
    (bytes / BYTES_PER_MS) as u64
}

/// Returns the number of bytes of `ms` milliseconds of mu-law audio.
pub fn bytes_of(ms: u64) -> usize {
    usize::try_from(ms).unwrap_or(usize::MAX).saturating_mul(BYTES_PER_MS)
}
