//! The responses to the web page's first API requests, inlined in its HTML file, so that the page renders without
//! waiting for requests.

use super::account::{self, view::SessionResponse};
use super::setup::{self, view::SetupProgress, view::SetupStatus};
use crate::domain::Role;
use crate::http::auth::authenticate;
use crate::http::{AppState, Peer};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde::Serialize;

/// The responses to the first requests, by path.
#[derive(Debug, Serialize)]
struct Start {
    /// The session; null if the browser has none.
    #[serde(rename = "/api/session")]
    session: Option<SessionResponse>,
    /// The state of the setup; only for a browser without a session.
    #[serde(rename = "/api/setup", skip_serializing_if = "Option::is_none")]
    setup: Option<SetupStatus>,
    /// The progress of the setup; only for owners at the start page, which shows the next step.
    #[serde(rename = "/api/setup/progress", skip_serializing_if = "Option::is_none")]
    progress: Option<SetupProgress>,
    /// The number of the newest change; only for a browser with a session. All data that the page fetches is at least
    /// as new, so its event stream begins after this change.
    #[serde(rename = "/api/events", skip_serializing_if = "Option::is_none")]
    newest_change: Option<i64>,
}

pub(in crate::http) struct Inlined {
    /// The responses as JSON, escaped for an HTML element.
    pub(in crate::http) json: String,
    pub(in crate::http) has_session: bool,
    /// The device cookie to set, if the browser needs one.
    pub(in crate::http) cookie: Option<HeaderValue>,
}

/// If the data cannot be read, nothing is inlined; the page then makes the requests itself, and shows their errors.
pub(in crate::http) async fn of(state: &AppState, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Inlined {
    let none = Inlined { json: "{}".to_owned(), has_session: false, cookie: None };
    find(state, peer, uri, headers).await.unwrap_or(none)
}

async fn find(state: &AppState, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Option<Inlined> {
    // The newest change is read before the other data, so that the event stream includes every change after these
    // reads.
    let newest_change = state.store.watch_changes().ok().map(|changes| *changes.borrow());
    let (start, cookie) = match authenticate(state, &Method::GET, headers).await {
        Ok(actor) => {
            let is_reminded = actor.role == Role::Owner && START_PAGES.contains(&uri.path());
            let progress = if is_reminded { setup::progress_of(state).await.ok() } else { None };
            let (session, cookie) = account::session_of(state, actor, peer, headers).await;
            (Start { session: Some(session), setup: None, progress, newest_change }, cookie)
        }
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
            let setup = Some(setup::status(state, peer, headers).await.ok()?);
            (Start { session: None, setup, progress: None, newest_change: None }, None)
        }
        Err(_) => return None,
    };
    // In JSON, this character occurs only in strings; in HTML it would begin an element.
    let json = serde_json::to_string(&start).ok()?.replace('<', "\\u003c");
    Some(Inlined { json, has_session: start.session.is_some(), cookie })
}

/// The paths at which the web page shows its start page.
const START_PAGES: [&str; 3] = ["/app", "/app/", "/app/today"];
