//! WAV files: audio that the caller plays from a file, and Twilio's recordings.

use super::{decode_sample, encode_sample};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The file is not a WAV file, its headers are incomplete or invalid, or it has no `data` chunk.
    #[error("not a WAV file, or truncated")]
    NotWav,
    /// The format of the audio is not supported.
    #[error("WAV format {format} with {bits} bits; 16-bit PCM and 8-bit mu-law are supported")]
    Format {
        /// `wFormatTag` of the header: 1 is PCM, 7 is mu-law.
        format: u16,
        /// Bits per sample.
        bits: u16,
    },
}

/// Converts a WAV file, 16-bit PCM or mu-law at any sample rate, to mu-law at 8 kHz. Only the first channel is used.
pub fn read_wav(file: &[u8]) -> Result<Vec<u8>, WavError> {
    if file.get(..4) != Some(b"RIFF") || file.get(8..12) != Some(b"WAVE") {
        return Err(WavError::NotWav);
    }
    let (mut format, mut rest) = (None, file.get(12..).unwrap_or_default());
    while let Some((header, tail)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes(header[4..8].try_into().map_err(|_| WavError::NotWav)?) as usize;
        let body = &tail[..length.min(tail.len())];
        match &header[..4] {
            b"fmt " => format = Some(Format::read(body)?),
            b"data" => return format.ok_or(WavError::NotWav)?.to_mulaw(body),
            _ => {}
        }
        // Chunks start at even offsets.
        rest = tail.get(length + length % 2..).unwrap_or_default();
    }
    Err(WavError::NotWav)
}

/// Creates a WAV file of 16-bit PCM at 8 kHz, mono, like Twilio's recordings.
pub fn wav_of_mulaw(sound: &[u8]) -> Vec<u8> {
    let data_bytes = u32::try_from(sound.len() * 2).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(44 + sound.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(data_bytes + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for field in [1_u16, 1] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    for field in [8_000_u32, 16_000] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    for field in [2_u16, 16] {
        file.extend_from_slice(&field.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    file.extend(sound.iter().flat_map(|&byte| decode_sample(byte).to_le_bytes()));
    file
}

struct Format {
    tag: u16,
    channels: usize,
    rate: u32,
    bits: u16,
}

impl Format {
    fn read(body: &[u8]) -> Result<Self, WavError> {
        let field = |at: usize| body.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
        let (tag, channels, bits) = (field(0), field(2), field(14));
        let rate = body.get(4..8).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        match (tag, channels, rate, bits) {
            (Some(tag), Some(channels @ 1..), Some(rate @ 1..), Some(bits)) => {
                Ok(Self { tag, channels: usize::from(channels), rate, bits })
            }
            _ => Err(WavError::NotWav),
        }
    }

    fn to_mulaw(&self, data: &[u8]) -> Result<Vec<u8>, WavError> {
        let samples: Vec<i16> = match (self.tag, self.bits) {
            // Files in the extensible format with 16 bits are PCM in practice.
            (1 | 0xFFFE, 16) => {
                data.chunks_exact(2 * self.channels).map(|frame| i16::from_le_bytes([frame[0], frame[1]])).collect()
            }
            (7, 8) => data.chunks_exact(self.channels).map(|frame| decode_sample(frame[0])).collect(),
            (format, bits) => return Err(WavError::Format { format, bits }),
        };
        let wanted = samples.len() as u64 * 8_000 / u64::from(self.rate);
        let nearest =
            |index: u64| samples.get(usize::try_from(index * u64::from(self.rate) / 8_000).unwrap_or(usize::MAX));
        Ok((0..wanted).filter_map(nearest).map(|&sample| encode_sample(sample)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Voice;
    use super::*;

    #[test]
    fn a_written_file_is_read_back() {
        let mut speech = Voice::caller(7).speak(300);
        let read = read_wav(&wav_of_mulaw(&speech)).unwrap();
        // PCM has only one zero, so negative zero becomes positive zero.
        speech.iter_mut().filter(|byte| **byte == 0x7F).for_each(|byte| *byte = 0xFF);
        assert!(read == speech);
    }

    #[test]
    fn other_rates_last_as_long() {
        let mut file = wav_of_mulaw(&Voice::caller(7).speak(300));
        file[24..28].copy_from_slice(&16_000_u32.to_le_bytes());
        assert_eq!(read_wav(&file).unwrap().len(), 150 * 8);
    }

    #[test]
    fn broken_files_are_refused_without_a_panic() {
        let file = wav_of_mulaw(&[0xFF; 80]);
        for end in 0..44 {
            assert!(read_wav(&file[..end]).is_err(), "{end}");
        }
        let mut unsupported = file;
        unsupported[20] = 3;
        assert!(matches!(read_wav(&unsupported), Err(WavError::Format { format: 3, bits: 16 })));
    }
}
