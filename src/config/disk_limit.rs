//! An amount of disk space in the notation of the settings.

use serde::{Serialize, Serializer};
use std::fmt;

/// An amount of disk space: a number of bytes, a percentage of the disk, or the smaller of the two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiskLimit {
    /// Number of bytes; `None` if only the percentage is set.
    pub bytes: Option<u64>,
    /// Percentage of the disk; `None` if only the number of bytes is set.
    pub percent: Option<f64>,
}

impl DiskLimit {
    pub fn of(self, total_bytes: u64) -> u64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a limit need not be exact to the byte, and is never below zero"
        )]
        let part = self.percent.map(|percent| (total_bytes as f64 * percent / 100.0) as u64);
        self.bytes.unwrap_or(u64::MAX).min(part.unwrap_or(u64::MAX))
    }

    /// Parses `500 MB`, `5 %` or `500 MB or 5 %`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut limit = Self { bytes: None, percent: None };
        for part in text.split(" or ") {
            let part = part.trim();
            let digits = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
            let (number, unit) = part.split_at(digits);
            let number: f64 = number.parse().ok()?;
            match unit.trim() {
                "%" if number <= 100.0 && limit.percent.is_none() => limit.percent = Some(number),
                unit if limit.bytes.is_none() => limit.bytes = Some(bytes(number, unit)?),
                _ => return None,
            }
        }
        Some(limit)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit need not be exact to the byte, and is never below zero"
)]
fn bytes(number: f64, unit: &str) -> Option<u64> {
    let (_, size) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    Some((number * *size as f64) as u64)
}

impl fmt::Display for DiskLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(bytes) = self.bytes {
            let (name, size) = UNITS.iter().rfind(|(_, size)| bytes % size == 0).unwrap_or(&UNITS[0]);
            write!(f, "{} {name}", bytes / size)?;
        }
        match (self.bytes, self.percent) {
            (Some(_), Some(percent)) => write!(f, " or {percent} %"),
            (None, Some(percent)) => write!(f, "{percent} %"),
            (_, None) => Ok(()),
        }
    }
}

impl Serialize for DiskLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

const UNITS: [(&str, u64); 5] = [("B", 1), ("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("TB", 1 << 40)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DiskConfig;

    #[test]
    fn the_lower_of_both_limits_applies() {
        let limit = DiskConfig::default().media_stops_below;
        assert_eq!((limit.of(100 << 30), limit.of(64 << 20)), (500 << 20, (64 << 20) / 20));
        assert_eq!(limit.to_string(), "500 MB or 5 %");
        for text in ["500 MB or 5 %", "5 %", "0 B", "2 GB", "1.5 GB", "10MB", "0.5%"] {
            let limit = DiskLimit::parse(text).unwrap();
            assert_eq!(DiskLimit::parse(&limit.to_string()), Some(limit), "{text}");
        }
        for text in ["", "5", "MB", "-1 MB", "5 apples", "5 % or 6 %", "101 %", "1 MB or 2 MB or 3 %"] {
            assert_eq!(DiskLimit::parse(text), None, "{text}");
        }
    }
}
