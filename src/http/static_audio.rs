//! `/static/tts`: the audio that Twilio plays to a caller.

use super::AppState;
use super::ranges::{FileInfo, answer};
use crate::runtime::TwilioPrompt;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/static/tts/greeting_he.mp3", get(greeting))
        .route("/static/tts/fallback_he.mp3", get(fallback))
}

async fn greeting(State(state): State<AppState>, method: Method, headers: HeaderMap) -> Response {
    send(&state.settings.current().prompts.greeting, &method, &headers)
}

async fn fallback(State(state): State<AppState>, method: Method, headers: HeaderMap) -> Response {
    send(&state.settings.current().prompts.fallback, &method, &headers)
}

/// Twilio caches the file and revalidates it, because the owner may replace it at any time.
fn send(prompt: &TwilioPrompt, method: &Method, headers: &HeaderMap) -> Response {
    let file = FileInfo {
        mime: "audio/mpeg",
        length: prompt.mp3.len() as u64,
        etag: &prompt.etag,
        cache_control: "public, max-age=300, must-revalidate",
    };
    answer(method, headers, &file, |part| {
        let (start, end) = (usize::try_from(part.start).unwrap_or(0), usize::try_from(part.end).unwrap_or(0));
        Body::from(prompt.mp3.slice(start..end))
    })
}
