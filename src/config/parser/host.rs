//! Parsers of host names, networks, and key ids.

use super::{ParseError, Parser, list};
use crate::config::Network;
use crate::config::network::NetworkError;
use crate::domain::{AllowedValues, SettingFault};

/// Returns a parser of this machine's host names, for which a certificate authority can issue certificates.
pub(in crate::config) fn host_names() -> Parser<Vec<String>> {
    list(AllowedValues::HostNames, |text| {
        let invalid = |fault| Err(ParseError::Invalid(fault));
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        if name.contains("://") || name.contains(['/', ':']) {
            return invalid(SettingFault::AddressNotName);
        }
        if name.starts_with("*.") {
            return invalid(SettingFault::Wildcard);
        }
        if name.parse::<std::net::IpAddr>().is_ok() {
            return invalid(SettingFault::IpAddress);
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

/// Accepts networks and single addresses. The list may be empty.
pub(in crate::config) fn networks() -> Parser<Vec<Network>> {
    list(AllowedValues::Networks, |text| {
        text.parse().map_err(|error| {
            ParseError::Invalid(match error {
                NetworkError::NoAddress => SettingFault::NoAddress,
                NetworkError::Bits(most) => SettingFault::NetworkBits { most: most.into() },
                NetworkError::HostBits { bits, network } => {
                    SettingFault::HostBits { bits: bits.into(), network: network.to_string() }
                }
            })
        })
    })
}

pub(in crate::config) fn key_id() -> Parser<String> {
    super::token(AllowedValues::AuthorityKeyId, |_| None)
}
