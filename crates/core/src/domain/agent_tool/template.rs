//! Addresses with placeholders, such as `https://shop.example/stock/{part}?branch={branch}`.

use super::arguments::ArgumentError;
use super::{AgentTool, ToolMethod};
use serde_json::{Map, Value};
use std::fmt::Write;

/// An address with a placeholder `{name}` for each value. Placeholders are allowed only in the path and the query, so
/// that no value can change the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate {
    /// The scheme and the server, such as `https://shop.example`.
    origin: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Parameter(String),
}

/// The reason why a text is no address of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlTemplateError {
    /// The scheme is neither `http` nor `https`, or the server is missing.
    #[error("must begin with https:// and the name of a server")]
    NoServer,
    /// A placeholder is before the path.
    #[error("may have {{parameters}} only after the name of the server")]
    ParameterInServer,
    /// A brace has no partner, or the text between two braces is not a name.
    #[error("must have a parameter's name between each {{ and }}")]
    BadParameter,
    /// A segment of the path is a dot or two dots.
    #[error("must not have . or .. as a part of the path")]
    DotSegment,
    /// A character is not allowed in an address.
    #[error("must not have spaces, control characters, \\ or #")]
    BadCharacter,
}

impl UrlTemplate {
    /// Parses an address. Accepts `http` too: the check that the server is public also rejects all schemes but `https`,
    /// except for trusted addresses on this machine.
    pub fn parse(text: &str) -> Result<Self, UrlTemplateError> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\' || c == '#') {
            return Err(UrlTemplateError::BadCharacter);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlTemplateError::NoServer)?;
        let (server, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "https" | "http") || server.is_empty() {
            return Err(UrlTemplateError::NoServer);
        }
        if server.contains(['{', '}']) {
            return Err(UrlTemplateError::ParameterInServer);
        }
        if has_dot_segment(path) {
            return Err(UrlTemplateError::DotSegment);
        }
        let mut parts = Vec::new();
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(UrlTemplateError::BadParameter)?;
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.is_empty();
            if before.contains('}') || !is_name {
                return Err(UrlTemplateError::BadParameter);
            }
            parts.extend([Part::Text(before.to_owned()), Part::Parameter(name.to_owned())]);
            rest = after;
        }
        if rest.contains('}') {
            return Err(UrlTemplateError::BadParameter);
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { origin: format!("{scheme}://{}", server.to_ascii_lowercase()), parts })
    }

    /// Returns the scheme and the server, such as `https://shop.example`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the names between the braces.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Returns the address with an example in each placeholder, for checks of its server.
    pub fn example(&self) -> String {
        let example = Value::from("x");
        self.expand(|_| Some(&example)).unwrap_or_else(|_| self.origin.clone())
    }

    /// Returns the address with the percent-encoded values. Rejects missing and empty values, and values that would
    /// remove a segment of the path.
    pub(super) fn expand<'v>(&self, value: impl Fn(&str) -> Option<&'v Value>) -> Result<String, ArgumentError> {
        let mut address = self.origin.clone();
        for part in &self.parts {
            match part {
                Part::Text(text) => address.push_str(text),
                Part::Parameter(name) => {
                    let value = value(name).ok_or_else(|| ArgumentError::Missing(name.clone()))?;
                    let before = address.len();
                    push_encoded(&mut address, &text(value));
                    if address.len() == before || has_dot_segment(&address[self.origin.len()..]) {
                        let expected = "a text that is not empty and has more than dots".to_owned();
                        return Err(ArgumentError::BadValue { name: name.clone(), expected });
                    }
                }
            }
        }
        Ok(address)
    }
}

/// Returns true if a segment of the path is one dot or two dots. Clients remove such a segment, and for two dots also
/// the segment before it (RFC 3986, section 5.2.4). `%2e` counts as a dot, because clients decode it first.
fn has_dot_segment(path_and_query: &str) -> bool {
    let path = path_and_query.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Appends a text. Every byte except the unreserved characters (RFC 3986, section 2.3) is percent-encoded.
pub(super) fn push_encoded(address: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~' | b'.') {
            address.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

impl AgentTool {
    /// Returns the address with the arguments. `arguments` must be the result of [`Self::check_arguments`]. With GET,
    /// arguments that the template does not contain are appended to the query.
    pub fn address(&self, arguments: &Map<String, Value>) -> Result<String, ArgumentError> {
        let template = UrlTemplate::parse(&self.url).map_err(|error| ArgumentError::Address(error.to_string()))?;
        let mut address = template.expand(|name| arguments.get(name))?;
        if self.method == ToolMethod::Get {
            let others = arguments.iter().filter(|(name, _)| !template.parameters().any(|used| used == *name));
            for (name, value) in others {
                address.push(if address.contains('?') { '&' } else { '?' });
                push_encoded(&mut address, name);
                address.push('=');
                push_encoded(&mut address, &text(value));
            }
        }
        Ok(address)
    }
}
