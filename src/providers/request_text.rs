//! Formats a request as text, for snapshots of the requests to providers.

use reqwest::RequestBuilder;
use serde_json::Value;
use std::fmt::Write;

/// Returns the method, the URL and the body. A form has one field per line; JSON has line breaks. The headers are
/// omitted, because they contain credentials and the version.
pub(super) fn of(request: RequestBuilder) -> String {
    let request = request.build().unwrap();
    let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
    let mut text = format!("{} {}\n", request.method(), request.url());
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        writeln!(text, "{json:#}").unwrap();
    } else {
        for (name, value) in form_urlencoded::parse(body) {
            writeln!(text, "{name} = {value}").unwrap();
        }
    }
    text
}
