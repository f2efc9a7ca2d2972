//! Parsers of listener addresses and service URLs.

use super::{ParseError, Parser};
use crate::config::raw_value::RawValue;
use crate::config::value_kind::ValueKind;
use crate::config::{BaseUrl, BaseUrlError};
use crate::domain::{AllowedValues, SettingFault};
use std::net::{Ipv4Addr, SocketAddr};

/// An IP address or `localhost` with a port, or only a port, which means all IPv4 addresses.
pub(in crate::config) fn listen_address() -> Parser<SocketAddr> {
    Parser::new(AllowedValues::Listener, |raw| match (raw, raw.as_text().map(str::trim)) {
        (RawValue::Integer(port), _) => u16::try_from(*port).map(on_every_address).map_err(|_| ParseError::NotAllowed),
        (_, Some(text)) => {
            let text = text.replacen("localhost:", "127.0.0.1:", 1);
            let alone = || text.parse().map(on_every_address);
            text.parse().or_else(|_| alone()).map_err(|_| ParseError::NotAllowed)
        }
        _ => Err(ParseError::NotAllowed),
    })
    .of_kind(ValueKind::Listener)
}

/// A port for a listener on all IPv4 addresses; 0 means any free port.
pub(in crate::config) fn port() -> Parser<Option<SocketAddr>> {
    Parser::from_text(AllowedValues::Port, |text| {
        text.parse().map(on_every_address).map(Some).map_err(|_| ParseError::NotAllowed)
    })
}

pub(in crate::config) fn base_url() -> Parser<BaseUrl> {
    Parser::from_text(AllowedValues::Url, |text| BaseUrl::parse(text).map_err(invalid_url)).of_kind(ValueKind::Url)
}

/// If the URL has no path, `/send` is added.
pub(in crate::config) fn bridge_url() -> Parser<BaseUrl> {
    Parser::from_text(AllowedValues::BridgeUrl, |text| {
        let url = BaseUrl::parse(text).map_err(invalid_url)?;
        if url.origin() == url.as_str() { BaseUrl::parse(&format!("{url}/send")).map_err(invalid_url) } else { Ok(url) }
    })
    .of_kind(ValueKind::Url)
}

/// A host name becomes an https URL, because the daemon or a proxy in front of it serves https. On loopback it becomes
/// an http URL, which the daemon itself serves.
pub(in crate::config) fn public_host() -> Parser<Option<BaseUrl>> {
    Parser::from_text(AllowedValues::PublicHost, |text| {
        if text.contains("://") {
            return BaseUrl::parse(text).map(Some).map_err(invalid_url);
        }
        let local = BaseUrl::parse(&format!("http://{text}"));
        local.or_else(|_| BaseUrl::parse(&format!("https://{text}"))).map(Some).map_err(invalid_url)
    })
}

fn invalid_url(error: BaseUrlError) -> ParseError {
    match error {
        BaseUrlError::NoUrl => ParseError::NotAllowed,
        BaseUrlError::Scheme => ParseError::Invalid(SettingFault::UrlScheme),
        BaseUrlError::PlainHttp => ParseError::Invalid(SettingFault::UrlPlainHttp),
        BaseUrlError::Userinfo => ParseError::Invalid(SettingFault::UrlUserinfo),
        BaseUrlError::Query => ParseError::Invalid(SettingFault::UrlQuery),
    }
}

fn on_every_address(port: u16) -> SocketAddr {
    (Ipv4Addr::UNSPECIFIED, port).into()
}
