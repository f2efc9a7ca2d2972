//! Timestamps within the audio, for measuring the exact delay of a single frame.
//!
//! A timestamp starts with a marker of four bytes whose sequence does not occur in normal audio by chance. A value of
//! eight bytes (a time or a number) and a checksum of one byte follow. A timestamp sounds like a faint click.

/// The length of a timestamp in bytes: marker, value and checksum.
pub const AUDIO_TIMESTAMP_BYTES: usize = 13;

/// Overwrites the start of `sound` with a timestamp that contains `value`. Audio shorter than [`AUDIO_TIMESTAMP_BYTES`]
/// is not changed.
pub fn write_audio_timestamp(sound: &mut [u8], value: u64) {
    let Some(place) = sound.get_mut(..AUDIO_TIMESTAMP_BYTES) else { return };
    place[..4].copy_from_slice(&MAGIC);
    place[4..12].copy_from_slice(&value.to_be_bytes());
    place[12] = check(value);
}

/// Returns the value of the timestamp at the start of `sound`; `None` if there is no valid timestamp.
pub fn read_audio_timestamp(sound: &[u8]) -> Option<u64> {
    let rest = sound.strip_prefix(&MAGIC)?;
    let value = u64::from_be_bytes(rest.get(..8)?.try_into().ok()?);
    (rest.get(8) == Some(&check(value))).then_some(value)
}

fn check(value: u64) -> u8 {
    value.to_be_bytes().iter().fold(0xA5, |sum, byte| sum.rotate_left(1) ^ byte)
}

const MAGIC: [u8; 4] = [0x7A, 0x15, 0xE4, 0x91];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_read_back_and_other_audio_has_none() {
        let mut sound = vec![0xFF; 160];
        assert_eq!(read_audio_timestamp(&sound), None);
        write_audio_timestamp(&mut sound, 1_234_567_890_123);
        assert_eq!(read_audio_timestamp(&sound), Some(1_234_567_890_123));
        sound[6] ^= 1;
        assert_eq!(read_audio_timestamp(&sound), None);
        assert_eq!(read_audio_timestamp(&sound[..8]), None);
    }
}
