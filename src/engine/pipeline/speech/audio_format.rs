//! Recognises audio of a synthesiser that does not have the requested format. Its bytes would be heard as noise.

use crate::audio::mp3::{self, Mp3Start};
use crate::audio::wav::{Encoding, WavFormat};

/// The beginnings of files that contain compressed audio. PCM begins almost silent, so no speech begins with them.
const MAGICS: [(&[u8], &str); 6] = [
    (b"ID3\x02", "MP3"),
    (b"ID3\x03", "MP3"),
    (b"ID3\x04", "MP3"),
    (b"OggS", "OGG"),
    (b"fLaC", "FLAC"),
    (b"\x1a\x45\xdf\xa3", "WebM"),
];
const RIFF: &[u8] = b"RIFF";
/// The number of bytes in which the header of a WAV file must end.
const MAX_HEADER: usize = 4096;

/// Returns the name of a compressed format that has this media type. Some servers name every format `audio/mpeg`, so
/// that type is no evidence by itself.
pub(super) fn compressed_type(kind: &str) -> Option<&'static str> {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.strip_prefix("audio/")?.trim_start_matches("x-") {
        "ogg" | "opus" => Some("OGG"),
        "flac" => Some("FLAC"),
        "aac" => Some("AAC"),
        "webm" => Some("WebM"),
        "mp4" | "m4a" => Some("MP4"),
        _ => None,
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Examined {
    /// Samples in the requested format; empty while the format is not known.
    Audio(Vec<u8>),
    /// The audio has this format.
    Other(&'static str),
}

/// Examines the beginning of a response. A WAV header is removed if its samples have the requested format.
#[derive(Debug)]
pub(super) struct FormatCheck {
    encoding: Encoding,
    rate: u32,
    /// The beginning of the response, until its format is known; then `None`.
    held: Option<Vec<u8>>,
}

impl FormatCheck {
    /// 16-bit PCM with this rate.
    pub(super) fn of_pcm(rate: u32) -> Self {
        Self { encoding: Encoding::Pcm16, rate, held: Some(Vec::new()) }
    }

    /// Mu-law with 8 kHz.
    pub(super) fn of_mulaw() -> Self {
        Self { encoding: Encoding::MuLaw, rate: 8000, held: Some(Vec::new()) }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) -> Examined {
        let Some(mut held) = self.held.take() else { return Examined::Audio(chunk.to_vec()) };
        held.extend_from_slice(chunk);
        if let Some((_, name)) = MAGICS.iter().find(|(magic, _)| held.starts_with(magic)) {
            return Examined::Other(name);
        }
        if held.starts_with(RIFF) {
            return match WavFormat::parse(&held, u64::MAX) {
                Some(format) if (format.encoding, format.channels, format.rate) == (self.encoding, 1, self.rate) => {
                    let begin = usize::try_from(format.data.start).unwrap_or(held.len());
                    Examined::Audio(held.split_off(begin.min(held.len())))
                }
                None if held.len() < MAX_HEADER && !has_data(&held) => self.hold(held),
                Some(_) | None => Examined::Other("WAV"),
            };
        }
        let is_begun = |magic: &[u8]| held.len() < magic.len() && magic.starts_with(&held);
        if is_begun(RIFF) || MAGICS.iter().any(|(magic, _)| is_begun(magic)) {
            return self.hold(held);
        }
        // Silence in mu-law may look like the header of a frame.
        let mp3 = if self.encoding == Encoding::Pcm16 { mp3::examine_start(&held) } else { Mp3Start::No };
        match mp3 {
            Mp3Start::Yes => Examined::Other("MP3"),
            Mp3Start::Undecided => self.hold(held),
            Mp3Start::No => Examined::Audio(held),
        }
    }

    /// Returns the samples of a response that is too short for a decision.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.held.take().unwrap_or_default()
    }

    fn hold(&mut self, held: Vec<u8>) -> Examined {
        self.held = Some(held);
        Examined::Audio(Vec::new())
    }
}

/// Returns true if the header is complete.
fn has_data(start: &[u8]) -> bool {
    start.windows(8).any(|window| window.starts_with(b"data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav;
    use proptest::prelude::*;

    fn examine(mut check: FormatCheck, audio: &[u8], piece: usize) -> Result<Vec<u8>, &'static str> {
        let mut passed = Vec::new();
        for piece in audio.chunks(piece) {
            match check.push(piece) {
                Examined::Audio(audio) => passed.extend(audio),
                Examined::Other(name) => return Err(name),
            }
        }
        passed.extend(check.finish());
        Ok(passed)
    }

    /// Frames of MPEG-1 layer III with 128 kbit/s at 44.1 kHz.
    fn mp3() -> Vec<u8> {
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat();
        frame.repeat(3)
    }

    fn wav(rate: u32) -> Vec<u8> {
        [&wav::pcm_header(1, rate, u64::from(u32::MAX))[..], &[1, 0, 2, 0]].concat()
    }

    proptest! {
        #[test]
        fn compressed_audio_is_recognised_whatever_the_pieces(piece in 1usize..600) {
            for (audio, name) in [
                (b"ID3\x04\0\0\0\0\0\0".to_vec(), "MP3"), (mp3(), "MP3"), (b"OggS\0\x02".to_vec(), "OGG"),
                (b"fLaC\0\0".to_vec(), "FLAC"), (b"\x1a\x45\xdf\xa3\0".to_vec(), "WebM"), (wav(16_000), "WAV"),
            ] {
                prop_assert_eq!(examine(FormatCheck::of_pcm(24_000), &audio, piece), Err(name));
            }
            let same = examine(FormatCheck::of_pcm(24_000), &wav(24_000), piece);
            prop_assert_eq!(same, Ok(vec![1, 0, 2, 0]));
        }

        #[test]
        fn pcm_and_mulaw_pass(
            quiet in proptest::collection::vec(-300i16..300, 0..900), piece in 1usize..600, silence in 0usize..50
        ) {
            let pcm: Vec<u8> = quiet.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let pcm = [vec![0xff; silence * 2], pcm].concat();
            prop_assert_eq!(examine(FormatCheck::of_pcm(24_000), &pcm, piece), Ok(pcm.clone()));
            let mulaw = [vec![0xff; silence], mp3()].concat();
            prop_assert_eq!(examine(FormatCheck::of_mulaw(), &mulaw, piece), Ok(mulaw.clone()));
        }
    }

    #[test]
    fn a_media_type_names_a_compressed_format() {
        for (kind, name) in [
            ("audio/ogg; codecs=opus", Some("OGG")),
            ("audio/x-flac", Some("FLAC")),
            ("audio/mpeg", None),
            ("audio/pcm", None),
            ("application/octet-stream", None),
            ("", None),
        ] {
            assert_eq!(compressed_type(kind), name, "{kind}");
        }
    }
}
