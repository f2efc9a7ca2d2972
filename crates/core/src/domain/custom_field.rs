//! Fields that a business defines for its contacts.

use super::{FieldId, text_enum};
use jiff::civil::Date;

text_enum! {
    /// The kind of a field's values.
    FieldKind {
        /// Any text.
        Text = "text",
        /// A number: digits with an optional sign and decimal point.
        Number = "number",
        /// A day: `2026-11-22`.
        Date = "date",
        /// One of the field's choices.
        Choice = "choice",
        /// `true` or `false`.
        Flag = "flag",
    }
}

/// A field of the business's contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// The id: the number of the database row.
    pub id: FieldId,
    /// The name, as users see it.
    pub name: String,
    /// The kind of the field's values.
    pub kind: FieldKind,
    /// The allowed values of a choice field; empty for the other kinds.
    pub choices: Vec<String>,
    /// The number of contacts with a value, without merged contacts.
    pub contact_count: i64,
}

/// A contact's value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValue {
    /// The field to which the value belongs.
    pub field_id: FieldId,
    /// The name of the field, as users see it.
    pub name: String,
    /// The kind of the field, which decides the form of `value`.
    pub kind: FieldKind,
    /// The value in the stored form of its kind.
    pub value: String,
}

impl CustomField {
    /// Returns the stored form of a value; none if the value is not valid for this field.
    pub fn normalize(&self, value: &str) -> Option<String> {
        let value = value.trim();
        match self.kind {
            FieldKind::Text => is_text(value).then(|| value.to_owned()),
            FieldKind::Number => number(value),
            FieldKind::Date => day(value),
            FieldKind::Choice => self.choices.iter().find(|choice| *choice == value).cloned(),
            FieldKind::Flag => matches!(value, "true" | "false").then(|| value.to_owned()),
        }
    }
}

fn is_text(value: &str) -> bool {
    !value.is_empty()
        && value.chars().count() <= MAX_TEXT_CHARS
        && !value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Normalises a number: removes a plus sign and superfluous zeros, so that equal numbers have equal texts. Returns none
/// for other texts, and for a number that is too long.
fn number(value: &str) -> Option<String> {
    let (is_negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() > MAX_DIGITS || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let plain = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    Some(if is_negative && plain != "0" { format!("-{plain}") } else { plain })
}

/// Returns the stored form of a day, see [`date`].
pub fn day(value: &str) -> Option<String> {
    date(value).map(|date| date.to_string())
}

/// Reads a day; none if the day does not exist. Only the form `2026-11-22` is accepted, because `3/4` is ambiguous: its
/// month can be March or April.
pub fn date(value: &str) -> Option<Date> {
    // The parser of dates also accepts times, and ignores the time of day.
    if value.len() == "2026-11-22".len() { value.parse().ok() } else { None }
}

const MAX_TEXT_CHARS: usize = 2000;
const MAX_DIGITS: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(kind: FieldKind) -> CustomField {
        let choices = vec!["gold".to_owned(), "זהב".to_owned()];
        CustomField { id: FieldId(1), name: "x".to_owned(), kind, choices, contact_count: 0 }
    }

    #[test]
    fn each_kind_accepts_its_values() {
        for (kind, value, stored) in [
            (FieldKind::Text, " שלום\nלך ", Some("שלום\nלך")),
            (FieldKind::Text, "", None),
            (FieldKind::Text, "\u{0}", None),
            (FieldKind::Number, "+007.50", Some("7.5")),
            (FieldKind::Number, "-0.0", Some("0")),
            (FieldKind::Number, "-12", Some("-12")),
            (FieldKind::Number, "1,000", None),
            (FieldKind::Number, "1e3", None),
            (FieldKind::Number, ".5", None),
            (FieldKind::Number, "5.", None),
            (FieldKind::Number, "--5", None),
            (FieldKind::Number, "", None),
            (FieldKind::Date, "2026-02-28", Some("2026-02-28")),
            (FieldKind::Date, "2026-02-29", None),
            (FieldKind::Date, "28.2.2026", None),
            (FieldKind::Date, "2026-11-22T10:00", None),
            (FieldKind::Choice, " gold ", Some("gold")),
            (FieldKind::Choice, "silver", None),
            (FieldKind::Flag, "true", Some("true")),
            (FieldKind::Flag, "yes", None),
        ] {
            assert_eq!(field(kind).normalize(value).as_deref(), stored, "{kind} {value:?}");
        }
    }

    proptest! {
        #[test]
        fn a_stored_value_is_accepted_unchanged(value in "[-+0-9.a-z:T ]{0,12}", kind in prop::sample::select(FieldKind::ALL)) {
            if let Some(stored) = field(kind).normalize(&value) {
                prop_assert_eq!(field(kind).normalize(&stored), Some(stored));
            }
        }

        #[test]
        fn a_number_keeps_its_value(value in -1e9_f64..1e9) {
            let stored = field(FieldKind::Number).normalize(&format!("{value:.4}")).unwrap();
            prop_assert!((stored.parse::<f64>().unwrap() - value).abs() < 0.001);
        }
    }
}
