//! The media socket: Twilio's side of a call's audio.

use super::network_limit::PerNetworkLimit;
use super::{AppState, Peer, websocket_upgrade};
use crate::runtime::calls::{MAX_PENDING_SOCKETS, MediaSocket};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use futures_util::FutureExt;
use std::sync::Arc;

/// The socket's route.
pub(crate) fn routes() -> Router<AppState> {
    let unauthenticated = PerNetworkLimit::new(MAX_PENDING_SOCKETS);
    let open = async move |State(state): State<AppState>, peer: Peer, request: Request| {
        open(&unauthenticated, state, peer, request)
    };
    Router::new().route("/ws/twilio-media", get(open))
}

/// `GET /ws/twilio-media`. The first message on the socket authenticates it.
fn open(unauthenticated: &Arc<PerNetworkLimit>, state: AppState, peer: Peer, mut request: Request) -> Response {
    let (response, pending) = websocket_upgrade::upgrade(&mut request);
    let Some(pending) = pending else { return response };
    let permit = unauthenticated.try_acquire(peer.origin());
    tokio::spawn(async move {
        let socket = match pending.open().await {
            Ok(socket) => MediaSocket::new(socket),
            Err(error) => {
                tracing::debug!(event = "WS_UPGRADE_FAILED", %error, "The upgrade of a media socket failed");
                return;
            }
        };
        if permit.is_some() {
            state.calls.authenticate(socket).await;
        } else {
            tracing::warn!(
                event = "WS_REFUSED",
                reason = "crowd",
                "Media socket rejected: too many unauthenticated sockets from one network"
            );
            // The close is sent without waiting for the peer, because there may be any number of such sockets.
            let _ = socket.reject().now_or_never();
        }
        drop(permit);
    });
    response
}
