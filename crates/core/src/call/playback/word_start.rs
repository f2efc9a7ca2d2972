//! Finds the start of a word that was cut off: the last pause in the audio before the cut.

use crate::audio::{FRAME_BYTES, mulaw};

/// The level up to which a frame is always a pause.
const SILENT: u32 = 60;
/// A frame is also a pause if it is this many times quieter than the loudest frame.
const QUIETER: u32 = 8;

/// Returns the offset in `samples` from which the last word is complete. `samples` end at the cut. The result is the
/// start of the last frame of a pause; without a pause, of the quietest frame.
pub(super) fn word_start(samples: &[u8]) -> usize {
    let levels: Vec<_> = samples.chunks_exact(FRAME_BYTES).map(mulaw::level).collect();
    let pause = (levels.iter().max().copied().unwrap_or(0) / QUIETER).max(SILENT);
    let last_pause = levels.iter().rposition(|level| *level <= pause);
    let quietest = || (0..levels.len()).rev().min_by_key(|frame| levels[*frame]);
    last_pause.or_else(quietest).unwrap_or(0) * FRAME_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns one frame of a tone for each amplitude.
    fn frames(amplitudes: &[i16]) -> Vec<u8> {
        let frame = |amplitude: &i16| {
            let tone = [*amplitude, *amplitude, -*amplitude, -*amplitude].map(mulaw::encode);
            tone.repeat(FRAME_BYTES / 4)
        };
        amplitudes.iter().flat_map(frame).collect()
    }

    #[test]
    fn the_last_pause_is_where_the_word_begins() {
        assert_eq!(word_start(&frames(&[0, 8000, 8000, 20, 30, 9000, 9000])), 4 * FRAME_BYTES);
        assert_eq!(word_start(&frames(&[8000, 900, 8000])), FRAME_BYTES, "quiet for a loud voice");
        assert_eq!(word_start(&frames(&[8000, 7000, 8000, 8000])), FRAME_BYTES, "no pause: the quietest place");
        assert_eq!(word_start(&frames(&[8000, 0])), FRAME_BYTES, "it was cut in a pause");
        assert_eq!(word_start(&[]), 0);
    }
}
