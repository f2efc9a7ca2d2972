//! The duration of MP3 files, and silent MP3 files as speech responses.

/// Returns the duration of an MP3 file in milliseconds, counted from its frames; `None` if it has no frame.
pub fn mp3_millis(file: &[u8]) -> Option<u64> {
    let mut at = id3_bytes(file);
    let mut micros = 0;
    while let Some(frame) = file.get(at..).and_then(Frame::read) {
        micros += frame.micros;
        at += frame.bytes;
    }
    (micros > 0).then_some(micros / 1_000)
}

/// Creates an MP3 file with at least `ms` of silence: 24 kHz, mono, 32 kbit/s.
pub fn silent_mp3(ms: u64) -> Vec<u8> {
    // MPEG-2 Layer III, no CRC, 32 kbit/s, 24 kHz, no padding, mono. Side information of zeros means silence.
    let mut frame = [0; 96];
    frame[..4].copy_from_slice(&[0xFF, 0xF3, 0x44, 0xC4]);
    frame.repeat(usize::try_from(ms.div_ceil(24)).unwrap_or_default())
}

struct Frame {
    bytes: usize,
    micros: u64,
}

impl Frame {
    /// Parses the header at the start of `data` (ISO/IEC 11172-3, 2.4.2.3; 13818-3 for the lower rates).
    fn read(data: &[u8]) -> Option<Self> {
        let &[0xFF, second, third, _] = data.first_chunk()? else { return None };
        let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
        if second & 0xE0 != 0xE0 || version == 1 || layer != 1 {
            return None;
        }
        let first_version = version == 3;
        let kbits = *if first_version { &KBITS_1 } else { &KBITS_2 }.get(usize::from(third >> 4))?;
        let rate = *RATES.get(usize::from(third >> 2 & 3))?
            >> match version {
                3 => 0,
                2 => 1,
                _ => 2,
            };
        if kbits == 0 {
            return None;
        }
        let samples: u32 = if first_version { 1_152 } else { 576 };
        let padding = u32::from(third >> 1 & 1);
        let bytes = samples / 8 * kbits * 1_000 / rate + padding;
        Some(Self { bytes: bytes as usize, micros: u64::from(samples) * 1_000_000 / u64::from(rate) })
    }
}

/// Returns the length of the ID3v2 tag at the start of the file; 0 if the file has no tag.
fn id3_bytes(file: &[u8]) -> usize {
    match file.first_chunk::<10>() {
        Some([b'I', b'D', b'3', _, _, _, size @ ..]) => {
            10 + size.iter().fold(0, |sum, &seven_bits| sum << 7 | usize::from(seven_bits & 0x7F))
        }
        _ => 0,
    }
}

const KBITS_1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES: [u32; 3] = [44_100, 48_000, 32_000];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_file_has_the_requested_length() {
        assert_eq!(mp3_millis(&silent_mp3(2_400)), Some(2_400));
        assert_eq!(mp3_millis(&silent_mp3(1)), Some(24));
    }

    #[test]
    fn a_tag_before_the_frames_is_skipped() {
        let mut file = b"ID3\x04\0\0\0\0\x01\x02".to_vec();
        file.extend([0; 130]);
        file.extend(silent_mp3(48));
        assert_eq!(mp3_millis(&file), Some(48));
    }

    #[test]
    fn a_file_that_is_no_mp3_has_no_length() {
        assert_eq!(mp3_millis(b""), None);
        assert_eq!(mp3_millis(b"<html>not found</html>"), None);
        assert_eq!(mp3_millis(b"RIFF....WAVE"), None);
    }
}
