//! The peak levels of a recording over time, for the display of a waveform.

/// A meter for the peak levels of both sides of a recording.
#[derive(Clone, Debug)]
pub struct PeakMeter {
    channels: usize,
    /// The number of samples of one side per peak.
    span: usize,
    in_span: usize,
    current: [u16; 2],
    sides: [Vec<u8>; 2],
}

impl PeakMeter {
    /// Creates a meter for interleaved samples of 1 or 2 channels at this sample rate in Hz.
    pub fn new(channels: u16, rate: u32) -> Self {
        let span = usize::try_from(rate / PEAKS_PER_SECOND).unwrap_or(1).max(1);
        Self { channels: usize::from(channels.clamp(1, 2)), span, in_span: 0, current: [0; 2], sides: [vec![], vec![]] }
    }

    /// Adds interleaved samples. An incomplete frame at the end is ignored.
    pub fn push(&mut self, samples: &[i16]) {
        for frame in samples.chunks_exact(self.channels) {
            for (current, sample) in self.current.iter_mut().zip(frame) {
                *current = (*current).max(sample.unsigned_abs());
            }
            self.in_span += 1;
            if self.in_span == self.span {
                self.close();
            }
        }
    }

    /// Returns the peaks of the left and the right side, [`PEAKS_PER_SECOND`] for each side, from 0 to 255. The right
    /// side is empty for a mono recording.
    pub fn finish(mut self) -> [Vec<u8>; 2] {
        if self.in_span > 0 {
            self.close();
        }
        if self.channels == 1 {
            self.sides[1].clear();
        }
        self.sides
    }

    fn close(&mut self) {
        for (side, current) in self.sides.iter_mut().zip(&mut self.current) {
            side.push(u8::try_from(std::mem::take(current).min(i16::MAX.unsigned_abs()) >> 7).unwrap_or(u8::MAX));
        }
        self.in_span = 0;
    }
}

/// Reduces peaks to `bins` values: each value is the maximum of an equal part. If there are not more than `bins` peaks,
/// or if `bins` is 0, the peaks are returned unchanged.
pub fn resample(peaks: &[u8], bins: usize) -> Vec<u8> {
    if peaks.len() <= bins || bins == 0 {
        return peaks.to_vec();
    }
    let edge = |bin: usize| bin * peaks.len() / bins;
    (0..bins).map(|bin| peaks[edge(bin)..edge(bin + 1)].iter().copied().max().unwrap_or(0)).collect()
}

/// The number of peaks per second of a recording, for each side.
pub const PEAKS_PER_SECOND: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_side_has_its_own_peaks() {
        let mut meter = PeakMeter::new(2, 8000);
        let loud_left: Vec<i16> = [i16::MIN, 0].repeat(400);
        let loud_right: Vec<i16> = [0, 12800].repeat(600);
        meter.push(&loud_left);
        meter.push(&loud_right);
        assert_eq!(meter.finish(), [vec![255, 0, 0], vec![0, 100, 100]]);
        let mut mono = PeakMeter::new(1, 8000);
        mono.push(&[128; 401]);
        assert_eq!(mono.finish(), [vec![1, 1], vec![]]);
    }

    proptest! {
        #[test]
        fn resampling_keeps_the_loudest(peaks in proptest::collection::vec(any::<u8>(), 0..500), bins in 1_usize..200) {
            let fewer = resample(&peaks, bins);
            prop_assert_eq!(fewer.len(), peaks.len().min(bins));
            prop_assert_eq!(fewer.iter().max(), peaks.iter().max());
        }
    }
}
