//! Values of settings before they are parsed.

use toml::de::DeValue;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum RawValue {
    /// A text from the environment. It may be parsed as a number, a boolean or a list.
    Untyped(String),
    Text(String),
    Integer(i64),
    Decimal(f64),
    Bool(bool),
    List(Vec<RawValue>),
    /// A value that no setting accepts, such as a date. Contains a description for the error message.
    Other(&'static str),
}

impl RawValue {
    pub(super) fn from_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Self::Other("a number that is too long"), Self::Integer),
            DeValue::Float(number) => number.as_str().parse().map_or(Self::Other("an invalid number"), Self::Decimal),
            DeValue::Boolean(on) => Self::Bool(*on),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(values) => Self::List(values.iter().map(|value| Self::from_toml(value.get_ref())).collect()),
            DeValue::Table(_) => Self::Other("a section"),
        }
    }

    pub(super) fn from_json(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Other("nothing"),
            Value::Bool(on) => Self::Bool(*on),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Self::Integer(number),
                (None, Some(number)) => Self::Decimal(number),
                (None, None) => Self::Other("an invalid number"),
            },
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(values) => Self::List(values.iter().map(Self::from_json).collect()),
            Value::Object(_) => Self::Other("a section"),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Untyped(text) | Self::Text(text) => Some(text),
            Self::Integer(_) | Self::Decimal(_) | Self::Bool(_) | Self::List(_) | Self::Other(_) => None,
        }
    }

    /// Does not contain private keys, nor the user name, password, query and fragment of a URL: a secret that was
    /// entered in a wrong setting must not get into logs, alerts and the database.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Untyped(text) | Self::Text(text) if is_private_key(text) => self.describe_secret(),
            Self::Untyped(text) | Self::Text(text) => format!("{:?}", shortened(&masked(text))),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Bool(on) => on.to_string(),
            Self::List(values) => {
                format!("[{}]", values.iter().map(Self::describe).collect::<Vec<_>>().join(", "))
            }
            Self::Other(kind) => (*kind).to_owned(),
        }
    }

    /// Does not contain the secret.
    pub(super) fn describe_secret(&self) -> String {
        match self {
            Self::Untyped(text) | Self::Text(text) => {
                format!("a text of {} characters (not shown)", text.chars().count())
            }
            Self::Other(kind) => (*kind).to_owned(),
            Self::Integer(_) | Self::Decimal(_) => "a number (not shown)".to_owned(),
            Self::Bool(_) => "a switch".to_owned(),
            Self::List(_) => "a list (not shown)".to_owned(),
        }
    }
}

fn is_private_key(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["SECRET-KEY-", "AGE-PLUGIN-", "PRIVATE KEY"].iter().any(|part| text.contains(part))
}

fn masked(text: &str) -> String {
    let query = |text: &str| text.find(['?', '#']);
    let Some((scheme, rest)) = text.split_once("://") else {
        // A URL without its scheme has no blanks, unlike other texts.
        let is_word = !text.trim().contains(char::is_whitespace);
        return match query(text).filter(|at| is_word && *at > 0 && at + 1 < text.len()) {
            Some(at) => format!("{}{MASK}", &text[..=at]),
            None => text.to_owned(),
        };
    };
    let cut = |text: &str| query(text).map_or_else(|| text.to_owned(), |at| format!("{}{MASK}", &text[..=at]));
    match rest.rsplit_once('@') {
        // Either the password or the query contains the other sign.
        Some((login, _)) if query(login).is_some() => format!("{scheme}://{MASK}"),
        Some((_, host)) => format!("{scheme}://{MASK}@{}", cut(host)),
        None => format!("{scheme}://{}", cut(rest)),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const MASK: &str = "•••";
const MAX_SHOWN_CHARS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_wrong_values_are_not_shown() {
        for (text, expected) in [
            ("https://host.example/v1?key=sk-1", r#""https://host.example/v1?•••""#),
            ("https://host.example/#token", r#""https://host.example/#•••""#),
            ("https://me:pass@host.example/v1?key=1", r#""https://•••@host.example/v1?•••""#),
            ("https://me:pa?ss@host.example/", r#""https://•••""#),
            ("https://host.example/?to=a@b.example&key=1", r#""https://•••""#),
            ("host.example/v1?key=sk-1", r#""host.example/v1?•••""#),
            ("AGE-SECRET-KEY-1QQQ", "a text of 19 characters (not shown)"),
            ("age1abc, age-secret-key-1qqq", "a text of 28 characters (not shown)"),
            ("-----BEGIN RSA PRIVATE KEY-----\nx", "a text of 33 characters (not shown)"),
        ] {
            assert_eq!(RawValue::Text(text.to_owned()).describe(), expected, "{text}");
        }
        let list = RawValue::List(vec![RawValue::Text("age1abc".into()), RawValue::Text("AGE-SECRET-KEY-1Q".into())]);
        assert_eq!(list.describe(), r#"["age1abc", a text of 17 characters (not shown)]"#);
    }

    #[test]
    fn other_wrong_values_are_shown() {
        for text in ["https://host.example/v1", "room #4, ask?", "#ff0000", "what?", "me@host.example", "key=1"] {
            assert_eq!(RawValue::Text(text.to_owned()).describe(), format!("{text:?}"));
        }
    }
}
