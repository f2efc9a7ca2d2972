//! Encoding of samples into the segments of a file.

use super::{GRANULE_RATE, OpusError, PACKETS_PER_SECOND, RATES, SEGMENT_SECONDS, channels};
use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use ropus::{Application, Bitrate, Encoder, Signal};

/// Encodes one recording incrementally.
pub struct OpusEncoder {
    encoder: Encoder,
    pages: PacketWriter<'static, Vec<u8>>,
    serial: u32,
    channels: u16,
    rate: u32,
    /// Buffered samples that do not fill a packet yet, channels interleaved.
    waiting: Vec<i16>,
    /// An encoded packet. It is held until the next packet exists, because the last packet must be marked as the end.
    held: Option<Vec<u8>>,
    frames: u64,
    packets: u64,
}

impl OpusEncoder {
    /// Creates an encoder for this number of channels and this sample rate. `serial` is the Ogg serial number, which
    /// only has to differ between streams in one file.
    pub fn new(channel_count: u16, rate: u32, serial: u32) -> Result<Self, OpusError> {
        if !RATES.contains(&rate) {
            return Err(OpusError::Rate(rate));
        }
        let bitrate = if channel_count == 1 { BITRATE_MONO } else { BITRATE_STEREO };
        let encoder = Encoder::builder(rate, channels(channel_count), Application::Voip)
            .bitrate(Bitrate::Bits(bitrate))
            .signal(Signal::Voice)
            .complexity(COMPLEXITY)
            .vbr(true)
            .build()
            .map_err(|_| OpusError::Rate(rate))?;
        Ok(Self {
            encoder,
            pages: PacketWriter::new(Vec::new()),
            serial,
            channels: channel_count,
            rate,
            waiting: Vec::new(),
            held: None,
            frames: 0,
            packets: 0,
        })
    }

    /// Returns the two header pages. Must be called once, before the first sample.
    pub fn head(&mut self) -> Result<Vec<u8>, OpusError> {
        let mut head = b"OpusHead\x01".to_vec();
        head.push(if self.channels == 1 { 1 } else { 2 });
        head.extend(u16::try_from(self.pre_skip()).unwrap_or(u16::MAX).to_le_bytes());
        head.extend(self.rate.to_le_bytes());
        // No output gain, and channel mapping family 0: mono, or left and right.
        head.extend([0, 0, 0]);
        let mut tags = b"OpusTags".to_vec();
        for text in [VENDOR, ""] {
            // The second length field is the number of comments, which is 0.
            tags.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
            tags.extend(text.as_bytes());
        }
        for packet in [head, tags] {
            self.pages.write_packet(packet, self.serial, PacketWriteEndInfo::EndPage, 0)?;
        }
        Ok(std::mem::take(self.pages.inner_mut()))
    }

    /// Encodes samples, channels interleaved. Returns the segments that became complete.
    pub fn push(&mut self, samples: &[i16]) -> Result<Vec<Vec<u8>>, OpusError> {
        self.frames += samples.len() as u64 / u64::from(self.channels);
        self.encode(samples)
    }

    /// Ends the file. Returns the remaining segments.
    pub fn finish(mut self) -> Result<Vec<Vec<u8>>, OpusError> {
        // The codec delays its output, so silence is added to flush the last samples. The position in the last page
        // states where the audio ends.
        let packet_frames = u64::from(self.packet_frames());
        let packets = (self.frames + u64::from(self.encoder.lookahead())).div_ceil(packet_frames).max(1);
        let missing = (packets * packet_frames).saturating_sub(self.frames) * u64::from(self.channels);
        let mut segments = self.encode(&vec![0; usize::try_from(missing).unwrap_or(0)])?;
        if let Some(last) = self.held.take() {
            let end = self.pre_skip() + self.frames * u64::from(GRANULE_RATE / self.rate);
            self.pages.write_packet(last, self.serial, PacketWriteEndInfo::EndStream, end)?;
        }
        segments.push(std::mem::take(self.pages.inner_mut()));
        Ok(segments)
    }

    fn encode(&mut self, samples: &[i16]) -> Result<Vec<Vec<u8>>, OpusError> {
        let length = self.packet_frames() as usize * usize::from(self.channels);
        self.waiting.extend_from_slice(samples);
        let waiting = std::mem::take(&mut self.waiting);
        let (mut segments, mut packet) = (Vec::new(), [0; MAX_PACKET]);
        let mut whole = waiting.chunks_exact(length);
        for frame in &mut whole {
            let bytes = self.encoder.encode(frame, &mut packet)?;
            if let Some(before) = self.held.replace(packet[..bytes].to_vec()) {
                segments.extend(self.write(before)?);
            }
        }
        self.waiting = whole.remainder().to_vec();
        Ok(segments)
    }

    /// Writes a packet that is not the last one. Returns the segment if the packet completes it.
    fn write(&mut self, packet: Vec<u8>) -> Result<Option<Vec<u8>>, OpusError> {
        self.packets += 1;
        let ends = |seconds: u32| self.packets.is_multiple_of(u64::from(seconds * PACKETS_PER_SECOND));
        let (ends_page, ends_segment) = (ends(1), ends(SEGMENT_SECONDS));
        let info = if ends_page { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
        let granule = self.packets * u64::from(GRANULE_RATE / PACKETS_PER_SECOND);
        self.pages.write_packet(packet, self.serial, info, granule)?;
        Ok(ends_segment.then(|| std::mem::take(self.pages.inner_mut())))
    }

    fn packet_frames(&self) -> u32 {
        self.rate / PACKETS_PER_SECOND
    }

    /// Returns the number of samples at the start that a player must skip, at `GRANULE_RATE`: the delay of the codec.
    fn pre_skip(&self) -> u64 {
        u64::from(self.encoder.lookahead()) * u64::from(GRANULE_RATE / self.rate)
    }
}

/// The bit rate for both sides of a call, in bit/s. Usually only one side speaks, and then gets nearly the whole bit
/// rate. Measured with telephone speech, the crosstalk from one side to the other is at -48 dB.
const BITRATE_STEREO: u32 = 24_000;
const BITRATE_MONO: u32 = 16_000;
/// The encoder's complexity, from 0 to 10. At 5, encoding takes 0.6 times as long as at 10.
const COMPLEXITY: u8 = 5;
/// The size of the packet buffer in bytes: more than a packet of 20 ms needs at any bit rate.
const MAX_PACKET: usize = 1500;
const VENDOR: &str = "AgentLocator";
