//! Points in time. They are stored and sent as RFC 3339 in UTC, with milliseconds.

use super::timestamp_text;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A point in time in whole milliseconds, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Creates a timestamp from milliseconds since the Unix epoch; a value out of range is clamped.
    pub fn from_millis(ms: i64) -> Self {
        let end = if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(jiff::Timestamp::from_millisecond(ms).unwrap_or(end))
    }

    /// Returns the milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Returns the whole seconds since the Unix epoch.
    pub fn as_secs(self) -> i64 {
        self.0.as_second()
    }

    /// Returns the same instant in a time zone.
    pub fn to_zoned(self, zone: &TimeZone) -> Zoned {
        self.0.to_zoned(zone.clone())
    }

    /// Returns the timestamp that is later by `d`.
    #[must_use]
    pub fn plus(self, d: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_add(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the timestamp that is earlier by `d`.
    #[must_use]
    pub fn minus(self, d: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_sub(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the time since `earlier`; zero if `earlier` is later than this timestamp.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.as_millis() - earlier.as_millis()).unwrap_or(0))
    }
}

/// One instant, read from two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock. It jumps when the clock is set.
    pub wall: Timestamp,
    /// The time since the machine was switched on, including sleep. It never jumps.
    pub steady: Duration,
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match timestamp_text::format(self.as_millis()) {
            Some(text) => f.write_str(timestamp_text::as_str(&text)),
            None => write!(f, "{:.3}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match timestamp_text::parse(text) {
            Some(ms) => Ok(Self::from_millis(ms)),
            None => Ok(Self::from_millis(text.parse::<jiff::Timestamp>()?.as_millisecond())),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match timestamp_text::format(self.as_millis()) {
            Some(text) => s.serialize_str(timestamp_text::as_str(&text)),
            None => s.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("must be a time such as 2026-11-22T09:30:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_milliseconds_and_reads_itself_back() {
        let t = Timestamp::from_millis(1_700_000_000_120);
        assert_eq!(t.to_string(), "2023-11-14T22:13:20.120Z");
        assert_eq!(t.to_string().parse::<Timestamp>().ok(), Some(t));
    }

    #[test]
    fn text_order_is_time_order() {
        let (a, b) = (Timestamp::from_millis(1_700_000_000_000), Timestamp::from_millis(1_700_000_000_001));
        assert!(a.to_string() < b.to_string());
    }
}
