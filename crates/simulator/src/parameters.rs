//! The query parameters of a URL.

use axum::http::Uri;

/// The query parameters of a URL, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    pub(crate) fn of(uri: &Uri) -> Self {
        Self(form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// Returns the first value of a parameter; empty if it is missing.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Returns a complaint for each parameter that is not in `known`.
    pub(crate) fn unknown(&self, known: &[&str]) -> Vec<String> {
        let unknown = self.0.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        unknown.map(|(name, _)| format!("there is no parameter {name}")).collect()
    }
}
