//! The kind of a setting's value, which determines how the web page shows and edits it.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ValueKind {
    /// One line of text.
    Text,
    /// Text with any number of lines.
    LongText,
    Bool,
    Integer {
        least: i64,
        most: i64,
    },
    Decimal {
        least: f64,
        most: f64,
    },
    Choice(Vec<&'static str>),
    /// Several values. The list contains the allowed values; it is empty if they are not a fixed list.
    List(Vec<&'static str>),
    Url,
    Phone,
    /// An amount of disk space.
    Size,
    Path,
    Listener,
}

impl ValueKind {
    /// An integer with a unit of time is a `duration`.
    pub(super) fn name(&self, unit: Option<&str>) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Bool => "bool",
            Self::Integer { .. } if unit.is_some_and(|unit| TIME_UNITS.contains(&unit)) => "duration",
            Self::Integer { .. } => "integer",
            Self::Decimal { .. } => "decimal",
            Self::Choice(_) => "choice",
            Self::List(_) => "list",
            Self::Url => "url",
            Self::Phone => "phone",
            Self::Size => "size",
            Self::Path => "path",
            Self::Listener => "listener",
        }
    }

    /// Empty if the allowed values are not a fixed list.
    pub(super) fn choices(&self) -> Vec<&'static str> {
        match self {
            Self::Choice(words) | Self::List(words) => words.clone(),
            _ => Vec::new(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "every bound is below 2^52")]
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        match self {
            Self::Integer { least, most } => Some((*least as f64, *most as f64)),
            Self::Decimal { least, most } => Some((*least, *most)),
            _ => None,
        }
    }
}

/// The suffix of the key determines the unit; `None` if the number has no unit.
pub(super) fn unit(key: &str) -> Option<&'static str> {
    const SUFFIXES: [(&str, &str); 10] = [
        ("_ms", "ms"),
        ("_s", "s"),
        ("_hours", "h"),
        ("_days", "d"),
        ("_bytes", "bytes"),
        ("_tokens", "tokens"),
        ("_minutes_per_day", "min"),
        ("_usd_per_day", "usd"),
        ("_price_usd", "usd"),
        ("cents_per_hour", "cents"),
    ];
    SUFFIXES.iter().find(|(suffix, _)| key.ends_with(suffix)).map(|(_, unit)| *unit)
}

const TIME_UNITS: [&str; 4] = ["ms", "s", "h", "d"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_unit_of_time_are_durations() {
        let kind = ValueKind::Integer { least: 0, most: 1 };
        let shown = |key| kind.name(unit(key));
        assert_eq!((shown("voice.lead_ms"), unit("voice.lead_ms")), ("duration", Some("ms")));
        assert_eq!((shown("voice.ai_usd_per_day"), unit("voice.ai_usd_per_day")), ("integer", Some("usd")));
        assert_eq!((shown("backup.hour"), unit("backup.hour")), ("integer", None));
    }
}
