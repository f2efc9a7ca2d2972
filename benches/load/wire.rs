//! Handwritten JSON of media messages, because the load generator must be faster than the server under test.

use agentlocator::simulator::sound::{AUDIO_TIMESTAMP_BYTES, read_audio_timestamp, write_audio_timestamp};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Returns the text between `before` and the next quote.
pub fn text_after<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    let at = memchr::memmem::find(message.as_bytes(), before.as_bytes())? + before.len();
    let rest = &message[at..];
    Some(&rest[..memchr::memchr(b'"', rest.as_bytes())?])
}

/// Writes a timestamp: the number of the caller or of the AI's answer, and the time in microseconds.
pub fn stamp(sound: &mut [u8], whose: u16, micros: u64) {
    write_audio_timestamp(sound, u64::from(whose) << 48 | micros & 0xFFFF_FFFF_FFFF);
}

/// Returns the timestamp at the start of base64 audio.
pub fn stamp_of(payload: &str) -> Option<(u16, u64)> {
    let head = payload.get(..BASE64_HEAD)?;
    let mut bytes = [0; BASE64_HEAD / 4 * 3];
    BASE64_STANDARD.decode_slice(head, &mut bytes).ok()?;
    let value = read_audio_timestamp(&bytes)?;
    Some(((value >> 48) as u16, value & 0xFFFF_FFFF_FFFF))
}

/// The length of the base64 text of a timestamp.
const BASE64_HEAD: usize = AUDIO_TIMESTAMP_BYTES.div_ceil(3) * 4;

/// Returns the number of audio bytes in base64 text.
pub fn bytes_in(payload: &str) -> usize {
    let padding = payload.bytes().rev().take_while(|byte| *byte == b'=').count();
    payload.len() / 4 * 3 - padding
}
