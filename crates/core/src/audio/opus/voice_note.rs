//! Decoding of whole files of other programs, such as the voice notes of WhatsApp.

use super::decode::MAX_PACKET_MS;
use super::{GRANULE_RATE, OpusError};
use crate::audio::wav;
use ogg::PacketReader;
use ropus::{Channels, DecodeMode, Decoder};
use std::io::Cursor;

/// Decodes an Ogg Opus file of one or two channels to a WAV file of 16 bits, mono, 16 kHz.
///
/// # Errors
/// If the file is damaged, has more than two channels, or is longer than 15 minutes.
pub fn to_wav(content: &[u8]) -> Result<Vec<u8>, OpusError> {
    let mut reader = PacketReader::new(Cursor::new(content));
    let id = reader.read_packet_expected()?.data;
    // Channel mapping family 0: one or two channels in one stream (RFC 7845, section 5.1.1).
    if id.len() < 19 || !id.starts_with(b"OpusHead\x01") || id[18] != 0 {
        return Err(OpusError::Malformed("no OpusHead of one or two channels"));
    }
    let pre_skip = u64::from(u16::from_le_bytes([id[10], id[11]]));
    let mut decoder = Decoder::new(RATE, Channels::Mono).map_err(|_| OpusError::Malformed("the rate"))?;
    let mut packet_out = vec![0; MAX_PACKET_MS * RATE as usize / 1000];
    let mut samples: Vec<i16> = Vec::new();
    let mut end = None;
    reader.read_packet_expected()?;
    // The packets are not collected: a page has up to 255 of them, which can be empty.
    while let Some(packet) = reader.read_packet()? {
        end = Some(packet.absgp_page());
        let frames = decoder.decode(&packet.data, &mut packet_out, DecodeMode::Normal)?;
        samples.extend_from_slice(&packet_out[..frames]);
        if samples.len() > MAX_MINUTES * 60 * RATE as usize {
            return Err(OpusError::Malformed("too long"));
        }
    }
    let end = end.ok_or(OpusError::Malformed("no sound"))?;
    let step = u64::from(GRANULE_RATE / RATE);
    let index = |frames: u64| usize::try_from(frames).unwrap_or(usize::MAX).min(samples.len());
    let (begin, end) = (index(pre_skip / step), index(end / step));
    let sound = samples.get(begin..end).unwrap_or_default();
    let mut file = wav::pcm_header(1, RATE, sound.len() as u64).to_vec();
    file.extend(sound.iter().flat_map(|sample| sample.to_le_bytes()));
    Ok(file)
}

/// In samples a second.
const RATE: u32 = 16_000;
/// Limits the memory: 15 minutes are 29 MB.
const MAX_MINUTES: usize = 15;
