//! Audio: mu-law, WAV, Opus, levels, and the recording of both sides. Pure functions. A byte of mu-law is a sample, 8
//! per millisecond.

mod downsample;
mod encoded;
mod live_mix;
pub mod mp3;
pub mod mulaw;
pub mod opus;
pub mod peaks;
pub mod prompt;
mod recorder;
mod speech;
mod voice;
pub mod wav;

pub use downsample::Downsampler;
pub use encoded::EncodedAudio;
pub use live_mix::LiveMix;
pub use recorder::{CHUNK_BYTES, Recorder};
pub use speech::SpeechDetector;
pub use voice::VoiceDetector;

/// Samples per millisecond; with mu-law also bytes.
pub const BYTES_PER_MS: u64 = 8;

/// A telephony frame of 20 ms.
pub const FRAME_BYTES: usize = 160;
