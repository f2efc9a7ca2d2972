//! Parsers of host names, networks, and key ids.

use super::{ParseError, Parser, list};
use crate::config::Network;

/// Returns a parser of this machine's host names, for which a certificate authority can issue certificates.
pub(in crate::config) fn host_names() -> Parser<Vec<String>> {
    list("one or more names of this machine, such as shop.example", |text| {
        let invalid = |reason: &str| Err(ParseError::Invalid(reason.to_owned()));
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        if name.contains("://") || name.contains(['/', ':']) {
            return invalid("is an address; give the name alone");
        }
        if name.starts_with("*.") {
            return invalid("is a wildcard, which the authority would only prove by DNS; name each host");
        }
        if name.parse::<std::net::IpAddr>().is_ok() {
            return invalid("is an IP address; a certificate needs a name");
        }
        // Convert a name with non-ASCII letters to the form that DNS and certificates use (`xn--…`).
        let Ok(url::Host::Domain(name)) = url::Host::parse(&name) else { return Err(ParseError::NotAllowed) };
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if name.len() <= 253 && name.split('.').all(label) { Ok(name) } else { Err(ParseError::NotAllowed) }
    })
}

/// Returns a parser of a list of networks and single addresses. The list may be empty.
pub(in crate::config) fn networks() -> Parser<Vec<Network>> {
    list(r#"a list of addresses and networks, such as ["127.0.0.0/8", "::1", "10.0.0.5"]"#, |text| {
        text.parse().map_err(|error: crate::config::network::NetworkError| ParseError::Invalid(error.to_string()))
    })
}

/// Returns a parser of the id of a key that a certificate authority issued.
pub(in crate::config) fn key_id() -> Parser<String> {
    super::token("the id that the authority gave with the key", |_| None)
}
