//! Audio processing without I/O: mu-law, WAV, MP3 and Opus, levels, voice detection, the tones of fax machines and
//! modems, the ringing tone, the recording and the live mix of both sides of a call, and the noise of a bad line. Each
//! byte of mu-law is one sample; there are 8 samples per millisecond.

mod encoded;
pub mod line_noise;
mod live_mix;
mod machine_tone;
pub mod mp3;
pub mod mulaw;
pub mod opus;
pub mod peaks;
pub mod prompt;
mod recorder;
mod resample;
mod ringing_tone;
mod speech;
mod voice;
pub mod wav;

pub use encoded::EncodedAudio;
pub use live_mix::LiveMix;
pub use machine_tone::{MachineTone, MachineToneDetector};
pub use recorder::{CHUNK_BYTES, Recorder};
pub use resample::{Downsampler, Upsampler};
pub use ringing_tone::ringing_tone;
pub use speech::SpeechDetector;
pub use voice::VoiceDetector;

/// Samples per millisecond, and bytes per millisecond of mu-law.
pub const BYTES_PER_MS: u64 = 8;

/// The size of a telephony frame of 20 ms, in bytes.
pub const FRAME_BYTES: usize = 160;
