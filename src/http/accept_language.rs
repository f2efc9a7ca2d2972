//! The language that a client prefers, from its `Accept-Language` header.

use crate::domain::Language;
use axum::http::{HeaderMap, header};

/// Returns Hebrew or English, whichever `Accept-Language` prefers (RFC 9110, section 12.5.4); none if it accepts
/// neither.
pub(crate) fn preferred(headers: &HeaderMap) -> Option<Language> {
    let value = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(Language, f32)> = None;
    for range in value.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let language = match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            // `iw` is the former code of Hebrew, which some Android versions send.
            "he" | "iw" => Language::Hebrew,
            "en" => Language::English,
            _ => continue,
        };
        let weight = parameters.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(_, best)| weight > best) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_decide() {
        let preferred = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
            preferred(&headers)
        };
        assert_eq!(preferred("he-IL,he;q=0.9,en;q=0.8"), Some(Language::Hebrew));
        assert_eq!(preferred("fr, en;q=0.4, iw;q=0.6"), Some(Language::Hebrew));
        assert_eq!(preferred("he;q=0, en"), Some(Language::English));
        assert_eq!(preferred("fr"), None);
        assert_eq!(super::preferred(&HeaderMap::new()), None);
    }
}
