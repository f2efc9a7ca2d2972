//! Samples and their percentiles.

use serde::Serialize;

/// Times in microseconds.
#[derive(Default)]
pub struct Samples(Vec<u64>);

/// The percentiles of the samples, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Summary {
    pub count: usize,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Samples {
    pub fn add(&mut self, micros: u64) {
        self.0.push(micros);
    }

    pub fn summary(&mut self) -> Summary {
        self.0.sort_unstable();
        Summary { count: self.0.len(), p50: self.at(0.50), p99: self.at(0.99), max: self.at(1.0) }
    }

    /// Returns the sample at this quantile, in milliseconds. The samples must be sorted.
    pub fn at(&self, share: f64) -> f64 {
        let place = ((self.0.len() as f64 * share).ceil() as usize).clamp(1, self.0.len().max(1)) - 1;
        self.0.get(place).map_or(0.0, |micros| *micros as f64 / 1_000.0)
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
