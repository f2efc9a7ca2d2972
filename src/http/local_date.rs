//! Local dates in requests and responses.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A date in the time zone of the business, `YYYY-MM-DD`, in the years 1900 to 2200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocalDate(pub(crate) Date);

impl Serialize for LocalDate {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LocalDate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text && YEARS.contains(&date.year()));
        date.map(Self).ok_or_else(|| serde::de::Error::custom("must be a date, YYYY-MM-DD, from 1900 to 2200"))
    }
}

const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_dates_are_read() {
        let read = |text: &str| serde_json::from_value::<LocalDate>(text.into()).ok();
        assert_eq!(read("2026-11-22"), Some(LocalDate(jiff::civil::date(2026, 11, 22))));
        for text in ["", "20261122", "2026-11-31", "2026-11-22T10:00", "1899-12-31", "2201-01-01", " 2026-11-22"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
