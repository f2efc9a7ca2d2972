//! The proxy headers `X-Forwarded-For` and `X-Forwarded-Proto`.

use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The address of the original client, as far as trusted proxies report it.
    pub(super) origin: Option<IpAddr>,
    /// Whether the client used TLS; none if the headers do not report it.
    pub(super) encrypted: Option<bool>,
}

/// Each hop appends the address of the previous hop, so the list is read from its end: a client can forge everything
/// before the last address that is not `trusted`.
pub(super) fn read(headers: &HeaderMap, trusted: impl Fn(IpAddr) -> bool) -> Forwarded {
    let mut origin = None;
    for hop in values(headers, "x-forwarded-for").rev() {
        let Some(address) = address(hop) else { break };
        origin = Some(address);
        if !trusted(address) {
            break;
        }
    }
    let encrypted = values(headers, "x-forwarded-proto").next_back().and_then(|word| match word {
        word if word.eq_ignore_ascii_case("https") || word.eq_ignore_ascii_case("wss") => Some(true),
        word if word.eq_ignore_ascii_case("http") || word.eq_ignore_ascii_case("ws") => Some(false),
        _ => None,
    });
    Forwarded { origin, encrypted }
}

fn values<'h>(headers: &'h HeaderMap, name: &'static str) -> impl DoubleEndedIterator<Item = &'h str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Parses the address of a hop. Some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let address = hop.parse::<SocketAddr>().map(|address| address.ip()).or_else(|_| bare()).ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn origin(lines: &[&str]) -> Option<IpAddr> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        read(&headers, is_ours).origin
    }

    fn is_ours(address: IpAddr) -> bool {
        matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10)
    }

    #[test]
    fn the_last_address_that_is_not_trusted_is_the_client() {
        let foreign = |last| Some(IpAddr::from([203, 0, 113, last]));
        assert_eq!(origin(&["203.0.113.1, 203.0.113.2"]), foreign(2));
        assert_eq!(origin(&["203.0.113.1, 203.0.113.2", "10.0.0.1, 10.0.0.2"]), foreign(2));
        assert_eq!(origin(&["10.9.9.9,10.0.0.2"]), Some(IpAddr::from([10, 9, 9, 9])));
        assert_eq!(origin(&["203.0.113.1:4711"]), foreign(1));
        assert_eq!(origin(&["::ffff:203.0.113.1"]), foreign(1));
        assert_eq!(origin(&["[2001:db8::1]:443"]), "2001:db8::1".parse().ok());
        assert_eq!(origin(&["203.0.113.1, unknown, 10.0.0.2"]), Some(IpAddr::from([10, 0, 0, 2])));
        assert_eq!(origin(&["unknown"]), None);
        assert_eq!(origin(&[]), None);
    }

    #[test]
    fn the_last_word_on_the_protocol_counts() {
        let encrypted = |value| read(&headers(&[("x-forwarded-proto", value)]), is_ours).encrypted;
        assert_eq!(encrypted("http, HTTPS"), Some(true));
        assert_eq!(encrypted("https,http"), Some(false));
        assert_eq!(encrypted("gopher"), None);
    }

    proptest! {
        #[test]
        fn no_client_can_claim_another_address(made_up in "[ -~]{0,60}", mine: [u8; 4], ours in 0..4_u8) {
            let me = IpAddr::from(mine);
            prop_assume!(!is_ours(me));
            let hops: Vec<String> = (0..ours).map(|last| format!("10.0.0.{last}")).collect();
            let line = [vec![made_up, me.to_string()], hops].concat().join(", ");
            prop_assert_eq!(origin(&[&line]), Some(me.to_canonical()));
        }

        #[test]
        fn any_header_can_be_read(lines in proptest::collection::vec("[ -~]{0,60}", 0..4)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let _ = origin(&lines);
        }
    }
}
