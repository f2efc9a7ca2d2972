//! WAV (RIFF) files: headers for new recordings, and a parser for existing files.

use super::mulaw;
use std::ops::Range;

/// The size of a mu-law file's header, in bytes.
pub const HEADER_BYTES: usize = 58;

/// The size of a 16-bit file's header, in bytes.
pub const PCM_HEADER_BYTES: usize = 44;

/// The lowest supported sample rate, in samples a second.
pub const MIN_RATE: u32 = 1000;
/// The highest supported sample rate, in samples a second.
pub const MAX_RATE: u32 = 192_000;

/// Returns the header of a mu-law file, 8 kHz, with `data_bytes` of samples. `u32::MAX` and greater values mean that
/// the file is still being written.
pub fn header(channels: u16, data_bytes: u64) -> [u8; HEADER_BYTES] {
    const RATE: u32 = 8000;
    let data = u32::try_from(data_bytes).unwrap_or(u32::MAX);
    let frames = data / u32::from(channels.max(1));
    let fields: [&[u8]; 16] = [
        b"RIFF",
        &data.saturating_add(50).to_le_bytes(),
        b"WAVEfmt ",
        &18u32.to_le_bytes(),
        &MULAW.to_le_bytes(),
        &channels.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * u32::from(channels)).to_le_bytes(),
        &channels.to_le_bytes(),
        &8u16.to_le_bytes(),
        &0u16.to_le_bytes(),
        b"fact",
        &4u32.to_le_bytes(),
        &frames.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    joined(&fields)
}

/// Returns the header of a 16-bit linear file with this number of frames. A frame is one sample of each channel.
pub fn pcm_header(channels: u16, rate: u32, frames: u64) -> [u8; PCM_HEADER_BYTES] {
    let frame_bytes = channels * 2;
    let data = u32::try_from(frames.saturating_mul(u64::from(frame_bytes))).unwrap_or(u32::MAX);
    let fields: [&[u8]; 12] = [
        b"RIFF",
        &data.saturating_add(36).to_le_bytes(),
        b"WAVEfmt ",
        &16u32.to_le_bytes(),
        &PCM.to_le_bytes(),
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate * u32::from(frame_bytes)).to_le_bytes(),
        &frame_bytes.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    joined(&fields)
}

fn joined<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(fields.iter().copied().flatten()) {
        *to = *from;
    }
    out
}

/// The supported encodings of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Mu-law, one byte.
    MuLaw,
    /// Linear, two bytes, little-endian.
    Pcm16,
}

/// The format of a WAV file, and the position of its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WavFormat {
    /// Mu-law or 16-bit linear.
    pub encoding: Encoding,
    /// 1 or 2.
    pub channels: u16,
    /// Samples per second and channel.
    pub rate: u32,
    /// The byte range of the samples in the file: whole frames only.
    pub data: Range<u64>,
}

impl WavFormat {
    /// Parses the header from the start of a file with `file_bytes` bytes. Returns none if the file is not a WAV file,
    /// if its encoding, number of channels or sample rate is not supported, or if `start` ends before the samples. A
    /// data length beyond the end of the file is clamped: streaming recorders write such lengths.
    pub fn parse(start: &[u8], file_bytes: u64) -> Option<Self> {
        if start.get(..4)? != b"RIFF" || start.get(8..12)? != b"WAVE" {
            return None;
        }
        let (mut at, mut format) = (12_usize, None);
        loop {
            let length = u32::from_le_bytes(start.get(at + 4..at + 8)?.try_into().ok()?);
            let body = at + 8;
            match start.get(at..at + 4)? {
                b"fmt " => format = Some(start.get(body..body + 16)?),
                b"data" => return Self::of(format?, body as u64, u64::from(length), file_bytes),
                _ => {}
            }
            // Chunks start at even offsets.
            let length = usize::try_from(length).ok()?;
            at = body.checked_add(length)?.checked_add(length % 2)?;
        }
    }

    fn of(format: &[u8], begin: u64, claimed: u64, file_bytes: u64) -> Option<Self> {
        let number = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
        let encoding = match (number(0), number(14)) {
            (MULAW, 8) => Encoding::MuLaw,
            (PCM, 16) => Encoding::Pcm16,
            _ => return None,
        };
        let (channels, rate) = (number(2), u32::from_le_bytes(format[4..8].try_into().ok()?));
        if !(1..=2).contains(&channels) || !(MIN_RATE..=MAX_RATE).contains(&rate) {
            return None;
        }
        let mut format = Self { encoding, channels, rate, data: begin..begin };
        let bytes = claimed.min(file_bytes.saturating_sub(begin));
        format.data.end += bytes - bytes % format.frame_bytes();
        Some(format)
    }

    /// Returns the size of a frame (one sample of each channel) in bytes.
    pub fn frame_bytes(&self) -> u64 {
        let sample = match self.encoding {
            Encoding::MuLaw => 1,
            Encoding::Pcm16 => 2,
        };
        sample * u64::from(self.channels)
    }

    /// Returns the number of frames in the file.
    pub fn frames(&self) -> u64 {
        (self.data.end - self.data.start) / self.frame_bytes()
    }

    /// Decodes `bytes` and appends the samples to `out`, channels interleaved.
    pub fn decode_into(&self, bytes: &[u8], out: &mut Vec<i16>) {
        match self.encoding {
            Encoding::MuLaw => out.extend(bytes.iter().map(|byte| mulaw::decode(*byte))),
            Encoding::Pcm16 => out.extend(bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]))),
        }
    }
}

const PCM: u16 = 1;
const MULAW: u16 = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sizes_add_up() {
        let head = header(2, 1600);
        assert_eq!(&head[..4], b"RIFF");
        assert_eq!(u32::from_le_bytes(head[4..8].try_into().unwrap()) as usize + 8, HEADER_BYTES + 1600);
        assert_eq!(&head[HEADER_BYTES - 8..HEADER_BYTES - 4], b"data");
        assert_eq!(u32::from_le_bytes(head[HEADER_BYTES - 4..].try_into().unwrap()), 1600);
        assert_eq!(u32::from_le_bytes(head[46..50].try_into().unwrap()), 800);
    }

    #[test]
    fn written_headers_are_read_back() {
        let head = header(2, 1600);
        let read = WavFormat::parse(&head, 1658).unwrap();
        assert_eq!((read.encoding, read.channels, read.rate), (Encoding::MuLaw, 2, 8000));
        assert_eq!((read.data.clone(), read.frames()), (58..1658, 800));
        let read = WavFormat::parse(&pcm_header(1, 16_000, 100), 244).unwrap();
        assert_eq!((read.encoding, read.channels, read.rate), (Encoding::Pcm16, 1, 16_000));
        assert_eq!((read.data.clone(), read.frames()), (44..244, 100));
    }

    #[test]
    fn a_length_that_is_not_true_is_cut_to_the_file() {
        // The daemon was killed during a call: the header says that the file is still being written, and the last frame
        // is incomplete.
        let read = WavFormat::parse(&header(2, u64::MAX), 58 + 11).unwrap();
        assert_eq!(read.frames(), 5);
        assert_eq!(WavFormat::parse(&header(2, 100), 20).unwrap().frames(), 0);
    }

    #[test]
    fn other_files_are_refused_and_unknown_chunks_skipped() {
        assert_eq!(WavFormat::parse(b"ID3\x04 not a WAV file", 20), None);
        let mut other = header(1, 10).to_vec();
        other[20] = 6;
        assert_eq!(WavFormat::parse(&other, 68), None, "A-law");
        let mut with_list = pcm_header(1, 8000, 5)[..36].to_vec();
        with_list.extend(b"LIST\x03\x00\x00\x00abc\x00data\x0a\x00\x00\x00");
        assert_eq!(WavFormat::parse(&with_list, 66).unwrap().data, 56..66);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80), length in any::<u64>()) {
            let mut file = b"RIFF....WAVEfmt ".to_vec();
            file.extend(bytes);
            if let Some(read) = WavFormat::parse(&file, length) {
                prop_assert!(read.data.start <= read.data.end);
            }
        }
    }
}
