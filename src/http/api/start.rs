//! What the page requests first, for its HTML file: it is drawn without waiting for these requests.

use super::account::{self, SessionResponse};
use super::setup::{self, SetupStatus};
use crate::http::auth::authenticate;
use crate::http::{AppState, Peer};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;

/// The responses to the first requests, by their paths.
#[derive(Debug, Serialize)]
struct Start {
    /// Null if the browser has no session.
    #[serde(rename = "/api/session")]
    session: Option<SessionResponse>,
    /// Only for a browser without a session.
    #[serde(rename = "/api/setup", skip_serializing_if = "Option::is_none")]
    setup: Option<SetupStatus>,
}

/// What stands in the HTML file.
pub(in crate::http) struct Inlined {
    /// The responses as JSON that can stand inside an HTML element.
    pub(in crate::http) json: String,
    pub(in crate::http) has_session: bool,
    /// The device cookie, if this browser gets one.
    pub(in crate::http) cookie: Option<HeaderValue>,
}

/// The responses; none of them if the store does not answer, in which case the page makes the requests itself and shows the error.
pub(in crate::http) async fn of(state: &AppState, peer: Peer, headers: &HeaderMap) -> Inlined {
    let none = Inlined { json: "{}".to_owned(), has_session: false, cookie: None };
    find(state, peer, headers).await.unwrap_or(none)
}

async fn find(state: &AppState, peer: Peer, headers: &HeaderMap) -> Option<Inlined> {
    let (start, cookie) = match authenticate(state, &Method::GET, headers).await {
        Ok(actor) => {
            let (session, cookie) = account::session_of(state, actor, peer, headers).await;
            (Start { session: Some(session), setup: None }, cookie)
        }
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
            (Start { session: None, setup: Some(setup::status(state, peer, headers).await.ok()?) }, None)
        }
        Err(_) => return None,
    };
    // Only texts contain this character; it would begin an element.
    let json = serde_json::to_string(&start).ok()?.replace('<', "\\u003c");
    Some(Inlined { json, has_session: start.session.is_some(), cookie })
}
