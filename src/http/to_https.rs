//! From plain HTTP to TLS, once that works: the way there, and the promise to stay.

use super::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// On the door for plain HTTP: everything but questions about the place itself is sent to the same place by TLS, once browsers will
/// accept what they find there.
pub(super) async fn redirect(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(WELL_KNOWN) {
        return next.run(request).await;
    }
    match place(&state, request.headers(), request.uri()) {
        // 308 keeps method and body.
        Some(place) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response(),
        None => next.run(request).await,
    }
}

/// On the door that speaks TLS: whoever came by it with a good certificate shall not be led to plain HTTP later.
pub(super) async fn promise(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if state.tls.is_good() {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, A_MONTH);
    }
    response
}

/// The same place by TLS: at the host that was asked for, if the certificate is good for it, else at the public address.
fn place(state: &AppState, headers: &HeaderMap, uri: &Uri) -> Option<HeaderValue> {
    let config = state.config();
    let public = config.http.public_address().and_then(|address| address.strip_prefix("https://"));
    let public_host = public.map(|public| without_port(public.split('/').next().unwrap_or(public)));
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(without_port);
    let host = match asked.filter(|asked| state.tls.is_good_for(asked)) {
        // The public address may have a port of its own.
        Some(asked) if Some(asked) != public_host => asked,
        _ => public.filter(|_| public_host.is_some_and(|host| state.tls.is_good_for(host)))?,
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

/// Where authorities ask (RFC 8555, section 8.3), and where we find out whether an address leads here.
const WELL_KNOWN: &str = "/.well-known/";

/// Long enough to last from visit to visit, and not so long that one who gives TLS up is locked out for years.
const A_MONTH: HeaderValue = HeaderValue::from_static("max-age=2592000");
