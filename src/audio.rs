//! Sound: mu-law, WAV, Opus, levels, the recording of both sides. Pure; a byte of mu-law is a sample, 8 of them a millisecond.

mod encoded;
pub mod mp3;
pub mod mulaw;
pub mod opus;
mod recorder;
mod speech;
mod voice;
pub mod wav;

pub use encoded::EncodedAudio;
pub use recorder::{CHUNK_BYTES, Recorder};
pub use speech::SpeechDetector;
pub use voice::VoiceDetector;

/// Samples, and with mu-law bytes, of a millisecond.
pub const BYTES_PER_MS: u64 = 8;

/// The frame that telephony works in, 20 ms.
pub const FRAME_BYTES: usize = 160;
