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

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Untyped(text) | Self::Text(text) => format!("{:?}", shortened(text)),
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

/// Also removes the user name and password from a URL.
fn shortened(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://")
        && let Some((_, host)) = rest.rsplit_once('@')
    {
        return format!("{scheme}://•••@{}", shortened(host));
    }
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const MAX_SHOWN_CHARS: usize = 80;
