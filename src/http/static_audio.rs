//! `/static/tts`: the audio that Twilio plays to a caller.

use super::AppState;
use super::ranges::{FileInfo, answer};
use crate::runtime::TwilioPrompt;
use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/static/tts/greeting_he.mp3", get(greeting))
        .route("/static/tts/greeting_he.wav", get(greeting))
        .route("/static/tts/greeting_en.mp3", get(greeting))
        .route("/static/tts/fallback_he.mp3", get(fallback))
        .route("/static/tts/fallback_en.mp3", get(fallback))
}

/// Serves the active greeting under all of its file names, because the greeting may have changed since Twilio received
/// the URL.
async fn greeting(
    State(state): State<AppState>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let settings = state.settings.current();
    let prompt = &settings.prompts.greeting;
    let named = query.as_deref().and_then(|query| query.strip_prefix("v="));
    send(prompt, &method, &headers, named.is_none_or(|etag| etag == prompt.etag))
}

async fn fallback(State(state): State<AppState>, method: Method, headers: HeaderMap) -> Response {
    send(&state.settings.current().prompts.fallback, &method, &headers, true)
}

/// Twilio must revalidate cached audio after 5 minutes, because the owner may replace it. If `is_named` is false, the
/// URL names another version of the audio. The response must then not be cached, because that version may become active
/// again under the same URL.
fn send(prompt: &TwilioPrompt, method: &Method, headers: &HeaderMap, is_named: bool) -> Response {
    let file = FileInfo {
        mime: prompt.mime,
        length: prompt.content.len() as u64,
        etag: &prompt.etag,
        cache_control: if is_named { "public, max-age=300, must-revalidate" } else { "no-store" },
    };
    answer(method, headers, &file, |part| {
        let (start, end) = (usize::try_from(part.start).unwrap_or(0), usize::try_from(part.end).unwrap_or(0));
        Body::from(prompt.content.slice(start..end))
    })
}
