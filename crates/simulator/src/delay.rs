//! Delays that differ from one request to the next, as those of real servers do.

use std::time::Duration;

/// A delay whose 95th percentile is this many times its median.
pub(crate) const NO_SPREAD: f64 = 1.0;
/// The 95th percentile of the standard normal distribution.
const P95: f64 = 1.645;

/// The delay of request `number`: log-normally distributed around `median`, with a 95th percentile of `spread` medians. The same
/// number always gets the same delay.
pub(crate) fn delay(median: Duration, spread: f64, number: usize) -> Duration {
    let normal = normal(number as u64);
    median.mul_f64((spread.max(NO_SPREAD).ln() / P95 * normal).exp())
}

/// A normally distributed number (Box-Muller).
fn normal(number: u64) -> f64 {
    let uniform = |salt: u64| {
        let high = u32::try_from(hash(number.wrapping_mul(2) + salt) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / f64::from(u32::MAX)
    };
    (-2.0 * uniform(0).max(f64::MIN_POSITIVE).ln()).sqrt() * (std::f64::consts::TAU * uniform(1)).cos()
}

/// The output function of SplitMix64.
fn hash(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_their_median_and_their_spread() {
        let median = Duration::from_millis(400);
        let mut delays: Vec<_> = (0..2_000).map(|number| delay(median, 2.0, number)).collect();
        delays.sort_unstable();
        let ms = |at: usize| delays[at].as_millis();
        assert!((360..440).contains(&ms(1_000)) && (720..880).contains(&ms(1_900)), "{} {}", ms(1_000), ms(1_900));
        assert_eq!(delay(median, NO_SPREAD, 7), median);
    }
}
