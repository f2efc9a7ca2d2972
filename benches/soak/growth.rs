//! Detects the growth of a metric from its median in each minute.
//!
//! The load is the same in every minute, so a metric that depends only on the load stays near one level. Two conditions
//! must hold for the minutes after the warm-up. Level: the median of their second half exceeds the median of their
//! first half by at most the tolerance. Slope: the median slope between all pairs of minutes is at most the tolerance
//! divided by half of the number of minutes. This is the Theil-Sen estimator, which single outliers do not affect.

use std::fmt::Write;

/// The warm-up in minutes, during which pools and caches fill and code is loaded.
const WARM_UP: usize = 10;

#[derive(Debug)]
pub struct Growth {
    pub what: &'static str,
    /// The medians of the minutes after the warm-up, in the metric's unit.
    minutes: Vec<f64>,
    tolerance: f64,
}

impl Growth {
    /// Creates the series from the medians of all minutes. If the run is too short for the warm-up, the last three
    /// quarters of its minutes are used.
    pub fn of(what: &'static str, all: &[f64], tolerance: f64) -> Self {
        let warm_up = if all.len() > WARM_UP + 2 { WARM_UP } else { all.len() / 4 };
        Self { what, minutes: all[warm_up..].to_vec(), tolerance }
    }

    fn step(&self) -> f64 {
        let (first, second) = self.minutes.split_at(self.minutes.len() / 2);
        median(second.to_vec()) - median(first.to_vec())
    }

    fn slope(&self) -> f64 {
        let minutes = &self.minutes;
        let pairs = (0..minutes.len()).flat_map(|first| (first + 1..minutes.len()).map(move |second| (first, second)));
        median(pairs.map(|(first, second)| (minutes[second] - minutes[first]) / (second - first) as f64).collect())
    }

    fn highest_slope(&self) -> f64 {
        self.tolerance / (self.minutes.len() as f64 / 2.0)
    }

    /// Returns true if both conditions hold; `None` with fewer than four minutes.
    pub fn is_flat(&self) -> Option<bool> {
        (self.minutes.len() >= 4).then(|| self.step() <= self.tolerance && self.slope() <= self.highest_slope())
    }

    pub fn describe(&self) -> String {
        if self.minutes.len() < 4 {
            return format!("{}: {} minutes are too few to say", self.what, self.minutes.len());
        }
        let mut text = format!("{} over {} minutes: ", self.what, self.minutes.len());
        let _ = write!(
            text,
            "later half {:+.1} above the earlier half (at most {:+.1}), slope {:+.2} a minute (at most {:+.2})",
            self.step(),
            self.tolerance,
            self.slope(),
            self.highest_slope()
        );
        text
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    match figures.len() {
        0 => 0.0,
        count if count % 2 == 1 => figures[count / 2],
        even => f64::midpoint(figures[even / 2 - 1], figures[even / 2]),
    }
}
