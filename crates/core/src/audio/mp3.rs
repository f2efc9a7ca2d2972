//! The duration of MP3 files, such as greetings.
//!
//! Frames are counted, so files with a variable bit rate and truncated files are measured correctly. The silence
//! that the encoder adds at both ends is subtracted if a LAME tag states its length. Sources: ISO/IEC 11172-3 and
//! 13818-3, layer III, and for the Xing and LAME tags <http://gabriel.mp3-tech.org/mp3infotag.html>.

use std::time::Duration;

/// The reason why the duration of a file cannot be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mp3Error {
    /// No frame of MPEG layer III was found.
    #[error("not an MP3 file: it contains no audio frames")]
    NoSound,
    /// The file has a free bit rate, so its frame headers do not state the frame size.
    #[error("an MP3 with free bit rate, which Twilio does not play; convert it with `lame -b 64`")]
    FreeBitRate,
}

/// Returns the duration of the audio in an MP3 file, without the silence that a LAME tag states.
pub fn duration(file: &[u8]) -> Result<Duration, Mp3Error> {
    let sound = without_tags(file);
    let (mut at, first) = find_frame(sound, 0)?;
    let mut samples = 0;
    let mut coder_silence = 0;
    if let Some(silence) = info_frame(&sound[at..], first) {
        coder_silence = silence;
        at += first.bytes;
    }
    while let Ok((found, frame)) = next_frame(sound, at, first) {
        samples += u64::from(frame.samples);
        at = found + frame.bytes;
    }
    let heard = samples.saturating_sub(coder_silence);
    if samples == 0 {
        return Err(Mp3Error::NoSound);
    }
    Ok(Duration::from_nanos(heard * 1_000_000_000 / u64::from(first.rate)))
}

/// Whether audio begins with frames of MPEG layer III.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mp3Start {
    /// The first frame is followed by another frame.
    Yes,
    /// The audio is not MP3, or begins with a tag.
    No,
    /// The first frame is not complete yet.
    Undecided,
}

/// Examines the beginning of audio whose format is not known. The header of a frame alone may be PCM by chance.
pub fn examine_start(start: &[u8]) -> Mp3Start {
    let Ok(frame) = Frame::parse(start) else {
        let is_short = start.len() < 4 && [0xff, 0xe0].iter().zip(start).all(|(mask, byte)| mask & byte == *mask);
        return if is_short { Mp3Start::Undecided } else { Mp3Start::No };
    };
    match start.get(frame.bytes..).filter(|rest| rest.len() >= 4).map(Frame::parse) {
        None => Mp3Start::Undecided,
        Some(next) => {
            if next.is_ok_and(|next| next.fits(frame)) {
                Mp3Start::Yes
            } else {
                Mp3Start::No
            }
        }
    }
}

/// The content of a frame header (four bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    /// Samples per second.
    rate: u32,
    /// Samples per channel in the frame.
    samples: u32,
    /// The size including the header.
    bytes: usize,
    /// The bytes between the header and the position of the Xing tag.
    side_info: usize,
}

impl Frame {
    fn parse(bytes: &[u8]) -> Result<Self, Mp3Error> {
        let &[0xff, b1, b2, b3, ..] = bytes else { return Err(Mp3Error::NoSound) };
        let (first_version, rate_shift) = match b1 & 0b1111_1110 {
            0b1111_1010 => (true, 0),
            0b1111_0010 => (false, 1),
            0b1110_0010 => (false, 2),
            _ => return Err(Mp3Error::NoSound),
        };
        let rate = [44_100, 48_000, 32_000].get(usize::from(b2 >> 2 & 3)).ok_or(Mp3Error::NoSound)? >> rate_shift;
        let table = if first_version { &BIT_RATES_1 } else { &BIT_RATES_2 };
        let bit_rate = match b2 >> 4 {
            0 => return Err(Mp3Error::FreeBitRate),
            index => u32::from(*table.get(usize::from(index) - 1).ok_or(Mp3Error::NoSound)?) * 1000,
        };
        let samples = if first_version { 1152 } else { 576 };
        let mono = b3 >> 6 == 3;
        let crc = if b1 & 1 == 0 { 2 } else { 0 };
        let side_info = match (first_version, mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let padding = u32::from(b2 >> 1 & 1);
        let bytes = (samples / 8 * bit_rate / rate + padding) as usize;
        Ok(Self { rate, samples, bytes, side_info: side_info + crc })
    }

    fn fits(self, other: Self) -> bool {
        self.rate == other.rate && self.samples == other.samples
    }
}

/// Returns the first frame at or after `from`. The frame must be followed by another frame or by the end of the file,
/// so that matching bytes in an embedded picture are not mistaken for a frame.
fn find_frame(sound: &[u8], from: usize) -> Result<(usize, Frame), Mp3Error> {
    let mut problem = Mp3Error::NoSound;
    for at in from..sound.len() {
        match Frame::parse(&sound[at..]) {
            Ok(frame) if is_followed(sound, at, frame) => return Ok((at, frame)),
            Err(Mp3Error::FreeBitRate) if at == from => problem = Mp3Error::FreeBitRate,
            _ => {}
        }
    }
    Err(problem)
}

fn is_followed(sound: &[u8], at: usize, frame: Frame) -> bool {
    let end = at + frame.bytes;
    end == sound.len() || sound.get(end..).is_some_and(|rest| Frame::parse(rest).is_ok_and(|next| next.fits(frame)))
}

/// Returns the next frame of the same stream. Skips damaged bytes, and ignores a frame that the end of the file
/// truncates.
fn next_frame(sound: &[u8], from: usize, stream: Frame) -> Result<(usize, Frame), Mp3Error> {
    match sound.get(from..).map(Frame::parse) {
        Some(Ok(frame)) if frame.fits(stream) && from + frame.bytes <= sound.len() => Ok((from, frame)),
        _ => find_frame(sound, from)
            .and_then(|(at, frame)| if frame.fits(stream) { Ok((at, frame)) } else { Err(Mp3Error::NoSound) }),
    }
}

/// Returns the total silence that the encoder added to the file, in samples; 0 if the tag does not state it. Returns
/// none if the frame is not a Xing or LAME tag.
fn info_frame(at_frame: &[u8], frame: Frame) -> Option<u64> {
    let tag = at_frame.get(4 + frame.side_info..frame.bytes.min(at_frame.len()))?;
    if !tag.starts_with(b"Xing") && !tag.starts_with(b"Info") {
        return None;
    }
    let flags = *tag.get(7)?;
    let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
    let skipped: usize = fields.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, size)| size).sum();
    let Some(lame) = tag.get(8 + skipped..) else { return Some(0) };
    match lame.get(21..24) {
        Some(&[a, b, c]) if lame.starts_with(b"LAME") || lame.starts_with(b"Lav") => {
            Some((u64::from(a) << 4 | u64::from(b) >> 4) + (u64::from(b & 15) << 8 | u64::from(c)))
        }
        _ => Some(0),
    }
}

/// Removes all ID3v2 tags at the start, and an ID3v1 tag at the end.
fn without_tags(mut file: &[u8]) -> &[u8] {
    while let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = *file {
        let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        file = file.get(10 + size + footer..).unwrap_or_default();
    }
    match file.len().checked_sub(128) {
        Some(at) if file[at..].starts_with(b"TAG") => &file[..at],
        _ => file,
    }
}

/// The bit rates of MPEG 1, layer III, in kbit/s. The first entry is for index 1 of the frame header.
const BIT_RATES_1: [u16; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/// The bit rates of MPEG 2 and 2.5, layer III, in kbit/s, from index 1.
const BIT_RATES_2: [u16; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GREETING: &[u8] = include_bytes!("../../../../packaging/audio/greeting_he.mp3");
    const FALLBACK: &[u8] = include_bytes!("../../../../packaging/audio/fallback_he.mp3");

    /// Returns a frame of MPEG 1, 128 kbit/s, 44.1 kHz, stereo: 417 bytes and 1152 samples.
    fn frame() -> Vec<u8> {
        let mut frame = vec![0; 417];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
        frame
    }

    fn frames(count: u32) -> Vec<u8> {
        (0..count).flat_map(|_| frame()).collect()
    }

    fn length_of(count: u32) -> Duration {
        Duration::from_nanos(u64::from(count) * 1152 * 1_000_000_000 / 44_100)
    }

    #[test]
    fn the_shipped_prompts_have_the_length_that_the_decoder_plays() {
        // `lame --decode` returns 82,302 and 115,264 samples at 22,050 samples per second.
        let near = |file, samples: f64| {
            let seconds = duration(file).map(|length| length.as_secs_f64());
            seconds.is_ok_and(|seconds| (seconds - samples / 22_050.0).abs() < 0.001)
        };
        assert!(near(GREETING, 82_302.0), "{:?}", duration(GREETING));
        assert!(near(FALLBACK, 115_264.0), "{:?}", duration(FALLBACK));
    }

    #[test]
    fn the_shipped_greeting_is_shorter_than_four_seconds() {
        assert!(duration(GREETING).is_ok_and(|length| length < Duration::from_secs(4)));
    }

    #[test]
    fn tags_before_and_after_are_no_sound() {
        let mut file = b"ID3\x04\x00\x10\x00\x00\x01\x00".to_vec();
        file.extend(frame().iter().cycle().take(128 + 10));
        file.extend(frames(10));
        file.extend(b"TAG");
        file.extend([b' '; 125]);
        assert_eq!(duration(&file), Ok(length_of(10)));
    }

    #[test]
    fn broken_bytes_in_between_are_passed_over() {
        let file = [frames(5), vec![0xff, 0xfb, 0xff, 7, 7], frames(5)].concat();
        assert_eq!(duration(&file), Ok(length_of(10)));
    }

    #[test]
    fn a_cut_last_frame_does_not_count() {
        let mut file = frames(10);
        file.truncate(file.len() - 1);
        assert_eq!(duration(&file), Ok(length_of(9)));
    }

    #[test]
    fn a_tag_frame_is_no_sound_and_names_the_silence_of_the_coder() {
        let mut tag = frame();
        tag[36..44].copy_from_slice(b"Info\0\0\0\x0f");
        tag[156..160].copy_from_slice(b"LAME");
        tag[177..180].copy_from_slice(&[0x24, 0x03, 0x20]); // 576 samples at the start, 800 at the end
        let samples = 10 * 1152 - 576 - 800;
        let expected = Duration::from_nanos(samples * 1_000_000_000 / 44_100);
        assert_eq!(duration(&[tag, frames(10)].concat()), Ok(expected));
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(duration(b""), Err(Mp3Error::NoSound));
        assert_eq!(duration(b"RIFF\x24\0\0\0WAVEfmt "), Err(Mp3Error::NoSound));
        assert_eq!(duration(&[0xff, 0xfb, 0x00, 0x00, 0, 0]), Err(Mp3Error::FreeBitRate));
    }

    proptest! {
        #[test]
        fn the_duration_of_any_file_is_at_most_what_its_bytes_can_hold(
            head in prop::collection::vec(any::<u8>(), 0..600),
            count in 0..4_u32,
            tail in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let file = [head, frames(count), tail].concat();
            if let Ok(length) = duration(&file) {
                // 8 kbit/s is the lowest rate: one byte per millisecond, and frame sizes are rounded down.
                prop_assert!(length.as_millis() <= file.len() as u128 * 2);
            }
        }
    }
}
