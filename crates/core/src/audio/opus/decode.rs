//! Decoding of the segments of a file.

use super::{GRANULE_RATE, OpusError, PACKETS_PER_SECOND, RATES, SEGMENT_SECONDS, channels};
use ogg::{Packet, PacketReader};
use ropus::{DecodeMode, Decoder};
use std::io::Cursor;

/// The properties of a file that [`super::OpusEncoder`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpusFile {
    head: Vec<u8>,
    /// 1 or 2.
    pub channels: u16,
    /// The sample rate of the input, per channel.
    pub rate: u32,
    /// The length of the audio in frames. A frame is one sample of each channel.
    pub frames: u64,
    /// The delay of the codec, in frames.
    delay: u64,
}

impl OpusFile {
    /// Reads the properties of a file from its head and its last segment.
    pub fn open(head: &[u8], last: &[u8]) -> Result<Self, OpusError> {
        let id = PacketReader::new(Cursor::new(head)).read_packet_expected()?.data;
        if id.len() < 19 || !id.starts_with(b"OpusHead\x01") {
            return Err(OpusError::Malformed("no OpusHead"));
        }
        let rate = u32::from_le_bytes([id[12], id[13], id[14], id[15]]);
        if !RATES.contains(&rate) || !(1..=2).contains(&id[9]) {
            return Err(OpusError::Malformed(
                "the sample rate or the number of channels is not one that this program writes",
            ));
        }
        let (pre_skip, step) = (u64::from(u16::from_le_bytes([id[10], id[11]])), u64::from(GRANULE_RATE / rate));
        let end = packets(&[head, last])?.last().map(Packet::absgp_page);
        let end = end.ok_or(OpusError::Malformed("no sound"))?;
        Ok(Self {
            head: head.to_vec(),
            channels: u16::from(id[9]),
            rate,
            frames: end.saturating_sub(pre_skip) / step,
            delay: pre_skip / step,
        })
    }

    /// Returns the duration of the audio in milliseconds, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.frames * 1000 / u64::from(self.rate)
    }

    /// Returns the number of segments, which is at least 1.
    pub fn segments(&self) -> u64 {
        (self.frames + self.delay).div_ceil(self.segment_frames()).max(1)
    }

    /// Returns the index of the segment that contains a frame.
    pub fn segment_of(&self, frame: u64) -> u64 {
        (frame + self.delay) / self.segment_frames()
    }

    /// Returns the index of the first frame of a segment.
    pub fn first_frame(&self, segment: u64) -> u64 {
        (segment * self.segment_frames()).saturating_sub(self.delay)
    }

    /// Decodes a segment and returns its samples, channels interleaved. `before` is the previous segment; none for the
    /// first segment.
    pub fn decode(&self, segment: u64, before: Option<&[u8]>, content: &[u8]) -> Result<Vec<i16>, OpusError> {
        let mut decoder =
            Decoder::new(self.rate, channels(self.channels)).map_err(|_| OpusError::Malformed("the rate"))?;
        let width = usize::from(self.channels);
        let mut packet_out = vec![0; MAX_PACKET_MS * self.rate as usize / 1000 * width];
        // The audio before the segment is decoded only to initialize the state of the decoder.
        let run_in = before.map(|before| packets(&[&self.head, before])).transpose()?.unwrap_or_default();
        let run_in = &run_in[run_in.len().saturating_sub(RUN_IN_PACKETS)..];
        for packet in run_in {
            decoder.decode(&packet.data, &mut packet_out, DecodeMode::Normal)?;
        }
        let mut samples = Vec::with_capacity(usize::try_from(self.segment_frames()).unwrap_or(0) * width);
        for packet in packets(&[&self.head, content])? {
            let frames = decoder.decode(&packet.data, &mut packet_out, DecodeMode::Normal)?;
            samples.extend_from_slice(&packet_out[..frames * width]);
        }
        if segment == 0 {
            samples.drain(..(usize::try_from(self.delay).unwrap_or(0) * width).min(samples.len()));
        }
        let left = self.frames.saturating_sub(self.first_frame(segment));
        samples.truncate(usize::try_from(left).unwrap_or(usize::MAX).saturating_mul(width));
        Ok(samples)
    }

    fn segment_frames(&self) -> u64 {
        u64::from(SEGMENT_SECONDS * self.rate)
    }
}

/// Returns the audio packets in these pieces of a file. The first piece must be the head, which contains no audio.
fn packets(pieces: &[&[u8]]) -> Result<Vec<Packet>, OpusError> {
    let mut reader = PacketReader::new(Cursor::new(pieces.concat()));
    let mut found = Vec::new();
    while let Some(packet) = reader.read_packet()? {
        found.push(packet);
    }
    Ok(found.split_off(HEAD_PACKETS.min(found.len())))
}

const HEAD_PACKETS: usize = 2;
/// The number of packets that are decoded before a segment. RFC 7845 requires at least 80 ms. With half a second, the
/// result differs from a continuous decoding of the file by less than a twentieth of the codec's own distortion. A
/// longer run-in does not reduce this difference.
const RUN_IN_PACKETS: usize = PACKETS_PER_SECOND as usize / 2;
/// The longest packet that Opus allows, in milliseconds.
pub(super) const MAX_PACKET_MS: usize = 120;
