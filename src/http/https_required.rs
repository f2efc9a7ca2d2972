//! Requires encryption for passwords, setup codes and new sessions, except on this machine and in private networks.

use super::{ApiError, AppState, Peer};
use crate::config::DEFAULT_PORT;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};

/// An extractor for requests that may contain a password. If the connection is not confidential, the request is
/// rejected with 403 `https_required` before its body is read.
pub(super) struct Confidential(pub(super) Peer);

impl FromRequestParts<AppState> for Confidential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let peer = Peer::from_request_parts(parts, state).await?;
        error(state, peer, &parts.headers).map_or(Ok(Self(peer)), Err)
    }
}

/// Returns the error that says why passwords are not accepted on this connection, and, if known, at which address they
/// are; none if passwords are accepted on this connection.
pub(super) fn error(state: &AppState, peer: Peer, headers: &HeaderMap) -> Option<ApiError> {
    if peer.is_confidential() {
        return None;
    }
    if peer.omits_forwarded_proto() {
        let message =
            "the reverse proxy does not report that this request came by https: configure it to set X-Forwarded-Proto";
        return Some(rejection(message.to_owned()).with_param("reason", "proxy_header_missing"));
    }
    if let Some(proxy) = peer.untrusted_https_proxy() {
        let message = format!(
            "the reverse proxy at {proxy} is not believed when it says that this request came by https. If it is yours, the \
             administrator names it in config.toml, [http] trusted_proxies = [\"{proxy}\"], and runs `agentlocator reload`"
        );
        let rejection = rejection(message).with_param("reason", "proxy_not_named");
        return Some(rejection.with_param("proxy", proxy.to_string()));
    }
    let reason = "passwords and set-up codes are not accepted over plain HTTP from outside your local network";
    if let Some(url) = https_url(state, headers) {
        return Some(rejection(format!("{reason}: open {url} instead")).with_param("https_url", url));
    }
    let http = &state.config().http;
    let port = http.crm_listen.or(http.listen).map_or(DEFAULT_PORT, |address| address.port());
    Some(rejection(format!(
        "{reason}: set tls.domain or http.public_base_url for an https address, or open the page on the server itself, for \
         example through `ssh -L {port}:127.0.0.1:{port} SERVER`"
    )))
}

fn rejection(message: String) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "https_required", message)
}

/// Returns the https URL of the web page; none if the daemon has none, for example because it does not serve TLS.
pub(super) fn https_url(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let config = state.config();
    if config.http.crm_listen.is_some() {
        // The separate listener of the web page serves TLS on the same port.
        return state
            .tls
            .server_config()
            .and(requested_authority(headers))
            .map(|requested_authority| format!("https://{requested_authority}"));
    }
    if let Some(public) = config.http.public_address().filter(|address| address.starts_with("https://")) {
        return Some(public.to_owned());
    }
    let port = state.tls.https_port()?;
    let host = state.tls.trusted_name().or_else(|| Some(requested_authority(headers)?.host().to_owned()))?;
    Some(if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") })
}

fn requested_authority(headers: &HeaderMap) -> Option<Authority> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    Some(host).filter(|host| !host.as_str().contains('@'))
}
