//! The liveness endpoints.

use super::AppState;
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// A browser at `/` is redirected to the web page, if this listener serves it.
pub(super) fn routes(with_page: bool) -> Router<AppState> {
    let root = move |headers: HeaderMap| async move {
        if with_page { page_or_ok(&headers) } else { alive().await.into_response() }
    };
    probes().route("/", get(root))
}

pub(super) fn probes() -> Router<AppState> {
    Router::new().route("/healthz", get(alive)).route("/livez", get(alive))
}

fn page_or_ok(headers: &HeaderMap) -> Response {
    if prefers_html(headers) { Redirect::to("/app/").into_response() } else { "ok".into_response() }
}

async fn alive() -> &'static str {
    "ok"
}

/// Returns true if `Accept` prefers HTML over plain text (RFC 9110, section 12.5.1). `*/*` alone does not, since curl
/// sends it.
fn prefers_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> = lines.flat_map(|line| line.split(',')).map(media_range).collect();
    let quality = |names: &[&str]| {
        // The most specific matching media range determines the quality.
        names
            .iter()
            .find_map(|name| ranges.iter().find(|range| range.0.eq_ignore_ascii_case(name)))
            .map(|range| range.1)
    };
    let plain = quality(&["text/plain", "text/*", "*/*"]).unwrap_or(0.0);
    quality(&["text/html", "application/xhtml+xml"]).is_some_and(|html| html > 0.0 && html >= plain)
}

fn media_range(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (name, quality.and_then(|quality| quality.parse().ok()).unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn browsers_prefer_html_and_tools_do_not() {
        for (accept, html) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true),
            ("text/html", true),
            ("application/xhtml+xml, */*;q=0.5", true),
            ("text/html;q=0.5, text/plain", false),
            ("text/html;q=0", false),
            ("text/plain", false),
            ("application/json, text/plain, */*", false),
            ("*/*", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(prefers_html(&headers), html, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
