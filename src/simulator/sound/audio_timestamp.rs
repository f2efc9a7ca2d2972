//! Stamps in the sound itself, with which the way of a single frame is timed exactly.
//!
//! A stamp is four bytes that do not occur by chance, eight of time or number, and one that checks them. As sound it is a
//! faint click.

/// How long a stamp is.
pub const AUDIO_TIMESTAMP_BYTES: usize = 13;

/// Overwrites the beginning of `sound` with `value`. Sound shorter than [`AUDIO_TIMESTAMP_BYTES`] stays as it is.
pub fn write_audio_timestamp(sound: &mut [u8], value: u64) {
    let Some(place) = sound.get_mut(..AUDIO_TIMESTAMP_BYTES) else { return };
    place[..4].copy_from_slice(&MAGIC);
    place[4..12].copy_from_slice(&value.to_be_bytes());
    place[12] = check(value);
}

/// The stamp at the beginning of `sound`.
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
    fn a_stamp_is_read_back_and_nothing_else_is() {
        let mut sound = vec![0xFF; 160];
        assert_eq!(read_audio_timestamp(&sound), None);
        write_audio_timestamp(&mut sound, 1_234_567_890_123);
        assert_eq!(read_audio_timestamp(&sound), Some(1_234_567_890_123));
        sound[6] ^= 1;
        assert_eq!(read_audio_timestamp(&sound), None);
        assert_eq!(read_audio_timestamp(&sound[..8]), None);
    }
}
