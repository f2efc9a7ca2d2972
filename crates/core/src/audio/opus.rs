//! Recordings as Opus in Ogg (RFC 6716, RFC 7845), split into segments of ten seconds.
//!
//! A file consists of a head (the two header pages) and of segments. Each segment consists of complete pages of at most
//! one second, so a player can seek in the file. Each segment is decoded by its own decoder, which first decodes the
//! half second before the segment. Any part of a file can therefore be decoded without the rest of the file, and the
//! samples of a segment do not depend on the requested part.

mod decode;
mod encode;
mod voice_note;

pub use decode::OpusFile;
pub use encode::OpusEncoder;
pub use voice_note::to_wav;

use super::wav::WavFormat;

/// The media type of a file.
pub const MIME: &str = "audio/ogg; codecs=opus";

/// An error of encoding or decoding.
#[derive(Debug, thiserror::Error)]
pub enum OpusError {
    /// Opus does not support the sample rate.
    #[error("Opus cannot encode {0} samples per second")]
    Rate(u32),
    /// `ropus` could not encode a packet.
    #[error("the Opus encoder failed: {0}")]
    Encode(#[from] ropus::EncodeError),
    /// `ropus` could not decode a packet.
    #[error("the Opus decoder failed: {0}")]
    Decode(#[from] ropus::DecodeError),
    /// The file's pages are damaged.
    #[error("the Ogg pages are damaged: {0}")]
    Pages(#[from] ogg::OggReadError),
    /// A page cannot be written.
    #[error("an Ogg page cannot be written: {0}")]
    Write(#[from] std::io::Error),
    /// The file is not one that this module can decode.
    #[error("not an Opus file that this program decodes: {0}")]
    Malformed(&'static str),
}

/// Returns true if a file of this format can be encoded as Opus without changing its sample rate.
pub fn can_encode(format: &WavFormat) -> bool {
    RATES.contains(&format.rate)
}

fn channels(count: u16) -> ropus::Channels {
    if count == 1 { ropus::Channels::Mono } else { ropus::Channels::Stereo }
}

const RATES: [u32; 5] = [8000, 12_000, 16_000, 24_000, 48_000];
/// Ogg Opus positions count samples at this rate, independent of the input rate.
const GRANULE_RATE: u32 = 48_000;
/// Packets per second: a packet has 20 ms.
const PACKETS_PER_SECOND: u32 = 50;
/// Seconds per segment; a page holds one second.
const SEGMENT_SECONDS: u32 = 10;

#[cfg(test)]
mod tests;
