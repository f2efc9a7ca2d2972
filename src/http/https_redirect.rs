//! Redirects from plain HTTP on port 80 to https, and HSTS.

use super::error::is_api;
use super::{ApiError, AppState, Peer, https_required};
use crate::domain::Language;
use crate::messages::{self, Phrase};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Redirects to the same path over https, once the https address has a certificate that browsers accept.
pub(super) async fn redirect(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match redirect_url(&state, request.headers(), request.uri()) {
        // Status 308 preserves the method and the body.
        Some(url) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, url)]).into_response(),
        None => next.run(request).await,
    }
}

/// Answers while no https address is available for a redirect. The web page and the API are never served on this port.
pub(super) async fn unavailable(State(state): State<AppState>, headers: HeaderMap, uri: Uri) -> Response {
    let has_own_listener = state.config().http.crm_listen.is_some();
    let url = if has_own_listener { None } else { https_required::https_url(&state, &headers) };
    if is_api(uri.path()) {
        let message = "the API is not served by plain HTTP on this port; use https";
        let error = ApiError::new(StatusCode::FORBIDDEN, "https_required", message);
        return url.into_iter().fold(error, |error, url| error.with_param("https_url", url)).into_response();
    }
    let phrase = match url {
        Some(url) => Phrase::HttpsUntrusted { url },
        None if has_own_listener => Phrase::HttpsElsewhere,
        None => Phrase::HttpsMissing,
    };
    // The language of the reader is unknown, so the text is in both languages.
    let [english, hebrew] = [Language::English, Language::Hebrew].map(|language| messages::text(language, &phrase));
    let text = format!("{english}\n\n{hebrew}\n");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

/// Adds the HSTS header to responses over TLS, only while browsers are assumed to accept the certificate.
pub(super) async fn hsts(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let by_tls = request.extensions().get::<Peer>().is_some_and(|peer| peer.uses_tls());
    let mut response = next.run(request).await;
    if by_tls && state.tls.is_trusted() {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS_ONE_YEAR);
    }
    response
}

/// Returns the https URL: at the requested host if the certificate covers it, otherwise at the public address; none if
/// the certificate covers neither.
fn redirect_url(state: &AppState, headers: &HeaderMap, uri: &Uri) -> Option<HeaderValue> {
    let config = state.config();
    let public = config.http.public_address().and_then(|address| address.strip_prefix("https://"));
    let public_host = public.map(|public| without_port(public.split('/').next().unwrap_or(public)));
    let requested = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(without_port);
    let host = match requested.filter(|requested| state.tls.is_trusted_for(requested)) {
        // The public host is handled below, because the public address may have a different port.
        Some(requested) if Some(requested) != public_host => requested,
        _ => public.filter(|_| public_host.is_some_and(|host| state.tls.is_trusted_for(host)))?,
    };
    let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
    HeaderValue::from_str(&format!("https://{}{rest}", host.trim_end_matches('/'))).ok()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// One year. Mozilla's Observatory requires at least six months.
const HSTS_ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
