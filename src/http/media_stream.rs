//! The media WebSockets, which connect the audio of a call with Twilio, with the browser of a trial call, or with the
//! browser of an employee who answers a call.

use super::network_limit::PerNetworkLimit;
use super::{ApiError, AppState, Peer, websocket_upgrade};
use crate::runtime::calls::{MAX_PENDING_SOCKETS, MediaSocket};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;
use std::sync::Arc;

pub(crate) const TRIAL_PATH: &str = "/ws/trial";

pub(crate) const ANSWER_PATH: &str = "/ws/answer";

/// Returns the route of Twilio's WebSocket.
pub(crate) fn routes() -> Router<AppState> {
    let unauthenticated = PerNetworkLimit::new(MAX_PENDING_SOCKETS);
    let open = async move |State(state): State<AppState>, peer: Peer, request: Request| {
        open(&unauthenticated, state, peer, request, |state, socket| async move {
            state.calls.authenticate(socket).await;
        })
    };
    Router::new().route("/ws/twilio-media", get(open))
}

pub(crate) fn browser_routes() -> Router<AppState> {
    let unauthenticated = PerNetworkLimit::new(MAX_PENDING_SOCKETS);
    let for_answers = unauthenticated.clone();
    let trial = async move |State(state): State<AppState>, peer: Peer, request: Request| {
        open_from_page(&unauthenticated, state, peer, request, |state, socket| async move {
            state.calls.authenticate_trial(socket).await;
        })
    };
    let answer = async move |State(state): State<AppState>, peer: Peer, request: Request| {
        open_from_page(&for_answers, state, peer, request, |state, socket| async move {
            state.calls.authenticate_employee(socket).await;
        })
    };
    Router::new().route(TRIAL_PATH, get(trial)).route(ANSWER_PATH, get(answer))
}

fn open_from_page<F: Future<Output = ()> + Send + 'static>(
    unauthenticated: &Arc<PerNetworkLimit>,
    state: AppState,
    peer: Peer,
    request: Request,
    authenticate: impl FnOnce(AppState, MediaSocket) -> F + Send + 'static,
) -> Response {
    if !is_from_own_page(request.headers(), &state) {
        return ApiError::forbidden("only this server's own page may open this socket").into_response();
    }
    open(unauthenticated, state, peer, request, authenticate)
}

/// Returns true if a page of this server opens the WebSocket. Browsers let every page connect to any server, and send
/// the page's origin.
fn is_from_own_page(headers: &HeaderMap, state: &AppState) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return false };
    let is_host = |host: &str| origin.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
    text(header::HOST).is_some_and(is_host)
        || state
            .config()
            .http
            .public_address()
            .is_some_and(|own| own.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// `authenticate` reads the first message, which authenticates the connection.
fn open<F: Future<Output = ()> + Send + 'static>(
    unauthenticated: &Arc<PerNetworkLimit>,
    state: AppState,
    peer: Peer,
    mut request: Request,
    authenticate: impl FnOnce(AppState, MediaSocket) -> F + Send + 'static,
) -> Response {
    let (response, pending) = websocket_upgrade::upgrade(&mut request);
    let Some(pending) = pending else { return response };
    let origin = peer.origin();
    let permit = unauthenticated.try_acquire(origin);
    tokio::spawn(async move {
        let socket = match pending.open().await {
            Ok(socket) => MediaSocket::new(socket, origin),
            Err(error) => {
                tracing::debug!(event = "WS_UPGRADE_FAILED", %error, "The WebSocket upgrade of a media socket from the network of {origin} failed: {error}");
                return;
            }
        };
        if permit.is_some() {
            authenticate(state, socket).await;
        } else {
            tracing::warn!(
                event = "WS_REFUSED",
                reason = "too many unauthenticated sockets from its network",
                "Media socket from the network of {origin} rejected"
            );
            // The close frame is sent without waiting for the peer, because the number of such connections is not
            // limited.
            let _ = socket.reject().now_or_never();
        }
        drop(permit);
    });
    response
}
