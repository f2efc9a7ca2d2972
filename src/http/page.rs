//! The web page: one HTML file for all of its paths, and the files that it loads, all compiled into the binary.

mod files;
mod hints;

use super::api::start::{self, Inlined};
use super::auth::cookie;
use super::ranges::{FileInfo, answer};
use super::{AppState, Peer, accept_language};
use crate::domain::Language;
use crate::entropy;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
pub(super) use files::accepts;
use files::{Encoding, FILES, File, INDEX, VERSION};
use futures_util::stream;
use std::io;
use std::ops::Range;

pub(super) fn routes() -> Router<AppState> {
    let mut routes = Router::new().route("/app/assets/{*path}", get(asset));
    for path in ["/login", "/forgot", "/reset", "/setup", "/calendar", "/app", "/app/", "/app/{*rest}"] {
        routes = routes.route(path, get(index));
    }
    for file in FILES.iter().filter(|file| !file.path.starts_with(ASSETS)) {
        let handler = move |method: Method, headers: HeaderMap| async move { send(file, &method, &headers) };
        routes = routes.route(&format!("/app/{}", file.path), get(handler));
    }
    routes
}

/// Each copy of the HTML file has a new nonce, so caches must not reuse a copy.
async fn index(State(state): State<AppState>, peer: Peer, uri: Uri, headers: HeaderMap) -> Response {
    let nonce = entropy::random_hex::<16>();
    let Inlined { json, has_session, cookie } = start::of(&state, peer, &uri, &headers).await;
    // With a query string, the page may make other requests, so the requests of the path are not preloaded.
    let links = hints::links(uri.path(), language(&headers), has_session && uri.query().is_none());
    let html = INDEX.replace("__CSP_NONCE__", &nonce).replace("__PAGE_VERSION__", VERSION);
    // Inserted last, so that placeholders in the inserted data are not replaced.
    let html = html.replace(ROUTE_FILES, &links).replace("\"__START__\"", &json);
    let mut response = axum::response::Html(html).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in PAGE_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(PAGE_VERSION, HeaderValue::from_static(VERSION));
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// Guesses the language that the page will use; a wrong guess costs only one more request.
fn language(headers: &HeaderMap) -> Language {
    match cookie::find(headers, LANGUAGE_COOKIE) {
        Some("he") => Language::Hebrew,
        Some("en") => Language::English,
        _ => accept_language::preferred(headers).unwrap_or(Language::Hebrew),
    }
}

fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self'; \
         img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// An unknown file gets an error instead of the HTML file, which an outdated page would load as a script.
async fn asset(Path(path): Path<String>, method: Method, headers: HeaderMap) -> Response {
    match File::find(&format!("{ASSETS}{path}")) {
        Some(file) => send(file, &method, &headers),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

fn send(file: &'static File, method: &Method, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = Encoding::preferred(accepted);
    let etag = encoding.name().map_or_else(|| file.hash.to_owned(), |name| format!("{}-{name}", file.hash));
    let cache_control = if file.path.starts_with(ASSETS) { IMMUTABLE } else { "no-cache" };
    let info = FileInfo { mime: file.mime, length: file.length(encoding), etag: &etag, cache_control };
    let mut response = answer(method, headers, &info, |part| {
        // The content is loaded only when the body is sent: HEAD and 304 need only its length.
        Body::from_stream(stream::once(async move { part_of(&file.content(encoding).await, &part) }))
    });
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(name) = encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if file.path == SERVICE_WORKER {
        // The service worker also controls pages outside of its folder, such as /calendar.
        headers.insert(SERVICE_WORKER_ALLOWED, HeaderValue::from_static("/"));
    }
    response
}

/// Returns a part of a file without copying it.
fn part_of(content: &Bytes, part: &Range<u64>) -> io::Result<Bytes> {
    let (start, end) = (usize::try_from(part.start).unwrap_or(0), usize::try_from(part.end).unwrap_or(0));
    if end > content.len() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(content.slice(start..end))
}

/// The folder of the files with a hash in their names, below `/app/`.
const ASSETS: &str = "assets/";

const SERVICE_WORKER: &str = "sw.js";

const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// The cookie that the page sets when the user chooses a language.
const LANGUAGE_COOKIE: &str = "agentlocator_language";

/// The placeholder in the HTML file for the links to the files of the path.
const ROUTE_FILES: &str = "<meta name=\"route-files\" content=\"__ROUTE_FILES__\">";

/// The response header with the build of the page; an open page compares it with its own build.
const PAGE_VERSION: HeaderName = HeaderName::from_static("x-page-version");

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

const PAGE_HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "private, no-cache"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];
