//! Delays that differ from one request to the next, as those of real servers do.

use crate::shop_year::random::Random;
use std::time::Duration;

/// The spread of a delay that always equals its median. A spread is the 95th percentile as a multiple of the median.
pub(crate) const NO_SPREAD: f64 = 1.0;
/// The 95th percentile of the standard normal distribution.
const P95: f64 = 1.645;

/// Returns the delay of request `number`. The delays are log-normally distributed around `median`, and their 95th percentile is `spread`
/// times the median. The same number always gets the same delay.
pub(crate) fn delay(median: Duration, spread: f64, number: usize) -> Duration {
    let normal = normal(number as u64);
    median.mul_f64((spread.max(NO_SPREAD).ln() / P95 * normal).exp())
}

/// Returns a normally distributed number (Box-Muller). The same seed always gives the same number.
fn normal(seed: u64) -> f64 {
    let mut random = Random::new(seed);
    let mut uniform = || f64::from(u32::try_from(random.next() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    (-2.0 * uniform().max(f64::MIN_POSITIVE).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
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
