//! The parameters of Twilio's webhooks. All parameters are kept, because Twilio adds parameters without notice.

use std::borrow::Cow;

/// Decoded parameters, in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
    clean: bool,
}

impl Form {
    /// Parses an `application/x-www-form-urlencoded` body. Returns `None` if it has more than `max` parameters.
    /// Replaces invalid UTF-8, which [`Form::is_clean`] reports.
    pub fn decode(body: &[u8], max: usize) -> Option<Self> {
        if memchr::memchr_iter(b'&', body).count() >= max {
            return None;
        }
        let mut clean = true;
        let pairs = form_urlencoded::parse(body)
            .map(|(name, value)| {
                clean &= !name.contains('\u{fffd}') && !value.contains('\u{fffd}');
                (Cow::into_owned(name), Cow::into_owned(value))
            })
            .collect();
        Some(Self { pairs, clean })
    }

    /// Parses the top level of a JSON object. Returns `None` if it has more than `max` fields. A body that is not a
    /// JSON object gives an empty form.
    pub fn decode_json(body: &[u8], max: usize) -> Option<Self> {
        let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(body) else { return Some(Self::default()) };
        if fields.len() > max {
            return None;
        }
        let pairs = fields.into_iter().map(|(name, value)| match value {
            serde_json::Value::String(text) => (name, text),
            other => (name, other.to_string()),
        });
        Some(Self { pairs: pairs.collect(), clean: true })
    }

    /// Returns the first value of a parameter, or `None` if the parameter is missing or its first value is empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Returns false if [`Form::decode`] found invalid UTF-8 or U+FFFD in a name or a value.
    pub fn is_clean(&self) -> bool {
        self.clean
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Form {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self { pairs: pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).into(), clean: true }
    }
}

impl From<Vec<(String, String)>> for Form {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, clean: true }
    }
}

/// The values of `From` that Twilio sends for callers without a number: words spelled with the digits of a phone
/// keypad.
const WITHHELD: [(&str, &str); 5] = [
    ("+266696687", "anonymous"),
    ("+7378742833", "restricted"),
    ("+86282452253", "unavailable"),
    ("+8656696", "unknown"),
    ("+2562533", "blocked"),
];

/// Returns the caller's number from `From`, or a word such as `anonymous` if the number is withheld.
pub fn caller_id(from: &str) -> &str {
    let bare = from.trim();
    let word = WITHHELD.iter().find(|(number, _)| *number == bare).map(|(_, word)| *word);
    word.unwrap_or(if bare.is_empty() { "anonymous" } else { bare })
}
