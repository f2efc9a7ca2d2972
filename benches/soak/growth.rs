//! Whether a figure grows, by the medians of minutes.
//!
//! The load is the same in every minute, so a figure that depends on the load alone moves around one level. Two things must hold
//! for the minutes that count. The level: the median of their last half is above that of their first half by no more than the
//! tolerance. The slope: the median of the slopes between all pairs of minutes (Theil and Sen), which single high minutes do not
//! move, is below the tolerance divided by half of the time. A leak shows in both; a single high-water mark that stays shows in the first.

use std::fmt::Write;

/// Minutes before the figures count: pools fill, caches warm up, code is loaded.
const WARM_UP: usize = 10;

#[derive(Debug)]
pub struct Growth {
    pub what: &'static str,
    /// The minutes that count, in the figure's own unit.
    minutes: Vec<f64>,
    tolerance: f64,
}

impl Growth {
    /// Of the medians of all minutes. A run too short for the warm-up has the later three quarters of its minutes.
    pub fn of(what: &'static str, all: &[f64], tolerance: f64) -> Self {
        let warm_up = if all.len() > WARM_UP + 2 { WARM_UP } else { all.len() / 4 };
        Self { what, minutes: all[warm_up..].to_vec(), tolerance }
    }

    /// How much the later half lies above the earlier one.
    fn step(&self) -> f64 {
        let (first, second) = self.minutes.split_at(self.minutes.len() / 2);
        median(second.to_vec()) - median(first.to_vec())
    }

    /// Per minute.
    fn slope(&self) -> f64 {
        let minutes = &self.minutes;
        let pairs = (0..minutes.len()).flat_map(|first| (first + 1..minutes.len()).map(move |second| (first, second)));
        median(pairs.map(|(first, second)| (minutes[second] - minutes[first]) / (second - first) as f64).collect())
    }

    fn highest_slope(&self) -> f64 {
        self.tolerance / (self.minutes.len() as f64 / 2.0)
    }

    /// None where there are too few minutes to say.
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
        odd if odd % 2 == 1 => figures[odd / 2],
        even => f64::midpoint(figures[even / 2 - 1], figures[even / 2]),
    }
}
