//! The elements of TwiML documents.

/// An element of a TwiML document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The name of a verb, or of a noun within a verb.
    pub name: String,
    /// The attributes with their values, in order.
    pub attributes: Vec<(String, String)>,
    /// The child elements, such as the nouns of a verb.
    pub children: Vec<Element>,
    /// The text without the surrounding whitespace.
    pub text: String,
}

impl Element {
    /// Returns the value of an attribute; `None` if it is missing.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a numeric attribute; `default` if it is missing or no number.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        self.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}
