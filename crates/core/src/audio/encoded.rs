//! Audio in its transport form: base64 of mu-law. The text is forwarded unchanged and decoded only if samples are
//! needed.

use super::BYTES_PER_MS;
use super::mulaw::SILENCE;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Base64 of mu-law audio, 8 kHz, mono. Clones share the same buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedAudio {
    base64: Bytes,
    len: usize,
}

impl EncodedAudio {
    /// Wraps base64 text; none if the text is empty, is incomplete or contains invalid characters.
    pub fn parse(base64: Bytes) -> Option<Self> {
        let body = base64.strip_suffix(b"==").or_else(|| base64.strip_suffix(b"=")).unwrap_or(&base64);
        let letters = body.iter().fold(true, |all, b| all & LETTER[usize::from(*b)]);
        let whole = base64.len().is_multiple_of(4) && !body.is_empty();
        let padding = base64.len() - body.len();
        if !letters || !whole {
            return None;
        }
        let len = base64.len() / 4 * 3 - padding;
        Some(Self { base64, len })
    }

    /// Encodes mu-law samples as base64.
    pub fn encode(samples: &[u8]) -> Self {
        Self { base64: STANDARD.encode(samples).into(), len: samples.len() }
    }

    /// Returns silence of this duration in milliseconds.
    pub fn silence(ms: u64) -> Self {
        let samples = usize::try_from(ms * BYTES_PER_MS).unwrap_or(0);
        Self::encode(&vec![SILENCE; samples])
    }

    /// Returns the base64 text, which needs no escaping in a JSON string.
    pub fn base64(&self) -> &str {
        // The constructors guarantee ASCII, so the conversion cannot fail.
        std::str::from_utf8(&self.base64).unwrap_or_default()
    }

    /// Returns the number of samples after decoding.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns true if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the duration in milliseconds, rounded down.
    pub fn ms(&self) -> u64 {
        self.len as u64 / BYTES_PER_MS
    }

    /// Appends the samples to `out`. [`EncodedAudio::parse`] does not check that the unused last bits of the base64 are
    /// zero. Text in which they are not is replaced by silence of the same length, so that later audio keeps its
    /// position.
    pub fn decode_into(&self, out: &mut Vec<u8>) {
        let start = out.len();
        if STANDARD.decode_vec(&self.base64, out).is_err() {
            out.truncate(start);
            out.resize(start + self.len, SILENCE);
        }
    }

    /// Returns the samples; silence in the same case as [`EncodedAudio::decode_into`].
    pub fn decode(&self) -> Vec<u8> {
        let mut samples = Vec::with_capacity(self.len + 2);
        self.decode_into(&mut samples);
        samples
    }
}

impl Serialize for EncodedAudio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.base64())
    }
}

impl<'de> Deserialize<'de> for EncodedAudio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::encode(&[]));
        }
        Self::parse(text.into()).ok_or_else(|| D::Error::custom("the audio is not base64"))
    }
}

const LETTER: [bool; 256] = {
    let mut table = [false; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < letters.len() {
        table[letters[i] as usize] = true;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invalid_base64_is_rejected() {
        for bad in ["", "=", "==", "abc", "ab\"c", "a===", "ab c", "ab=c", "אבגד"] {
            assert_eq!(EncodedAudio::parse(Bytes::from(bad)), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn encoded_audio_keeps_every_sample(samples in proptest::collection::vec(any::<u8>(), 1..400)) {
            let made = EncodedAudio::encode(&samples);
            prop_assert_eq!(made.len(), samples.len());
            let read = EncodedAudio::parse(Bytes::from(made.base64().to_owned()));
            prop_assert_eq!(read.as_ref(), Some(&made));
            prop_assert_eq!(made.decode(), samples);
        }

        #[test]
        fn garbage_never_panics(text in "[A-Za-z0-9+/=]{0,40}") {
            if let Some(audio) = EncodedAudio::parse(Bytes::from(text)) {
                prop_assert_eq!(audio.decode().len(), audio.len());
            }
        }
    }
}
