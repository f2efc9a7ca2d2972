//! The web page: one HTML file for all of its paths, with its style and its script, compiled into the binary.

use super::AppState;
use super::ranges::{FileInfo, answer};
use crate::domain::hex;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use axum::routing::get;
use sha2::{Digest, Sha256};

/// The routes of the page. The script handles all paths below `/app/`.
pub(super) fn routes() -> Router<AppState> {
    let mut routes = Router::new();
    for path in ["/login", "/forgot", "/reset", "/setup", "/calendar", "/app", "/app/", "/app/{*rest}"] {
        routes = routes.route(path, get(index));
    }
    for (path, asset) in [
        ("/app/assets/page.css", &CSS),
        ("/app/assets/page.js", &JS),
        ("/app/assets/alerts.js", &ALERTS_JS),
        ("/app/assets/whatsapp.js", &WHATSAPP_JS),
        ("/app/assets/account.js", &ACCOUNT_JS),
        ("/app/assets/suggestions.js", &SUGGESTIONS_JS),
    ] {
        let send = move |method: Method, headers: HeaderMap| async move { asset.send(&method, &headers) };
        routes = routes.route(path, get(send));
    }
    routes
}

async fn index(method: Method, headers: HeaderMap) -> Response {
    let mut response = INDEX.send(&method, &headers);
    for (name, value) in PAGE_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A file that is compiled into the binary.
struct Asset {
    mime: &'static str,
    content: &'static str,
}

impl Asset {
    fn send(&self, method: &Method, headers: &HeaderMap) -> Response {
        let etag = hex(&Sha256::digest(self.content)[..8]);
        let length = self.content.len() as u64;
        let file = FileInfo { mime: self.mime, length, etag: &etag, cache_control: "no-cache" };
        answer(method, headers, &file, |part| {
            let bytes = self.content.as_bytes();
            let (start, end) = (usize::try_from(part.start).unwrap_or(0), usize::try_from(part.end).unwrap_or(0));
            Body::from(bytes.get(start..end).unwrap_or_default())
        })
    }
}

/// Scripts and styles only from our own files, nothing from other origins, and no framing.
const PAGE_HEADERS: [(HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

static INDEX: Asset = Asset { mime: "text/html; charset=utf-8", content: include_str!("page/index.html") };
static CSS: Asset = Asset { mime: "text/css; charset=utf-8", content: include_str!("page/page.css") };
static JS: Asset = Asset { mime: "text/javascript; charset=utf-8", content: include_str!("page/page.js") };
static ALERTS_JS: Asset = Asset { mime: "text/javascript; charset=utf-8", content: include_str!("page/alerts.js") };
static WHATSAPP_JS: Asset = Asset { mime: "text/javascript; charset=utf-8", content: include_str!("page/whatsapp.js") };
static SUGGESTIONS_JS: Asset =
    Asset { mime: "text/javascript; charset=utf-8", content: include_str!("page/suggestions.js") };
static ACCOUNT_JS: Asset = Asset { mime: "text/javascript; charset=utf-8", content: include_str!("page/account.js") };
