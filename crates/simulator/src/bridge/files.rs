//! Media files of messages, which the bridge keeps until the daemon releases them.

use super::state::{BridgeFile, Shared, error, lock};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/media/{id}", get(show).delete(release))
}

async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    match lock(&shared.memory).files.get(&id) {
        Some(BridgeFile::Ready { mime, content }) => ([(header::CONTENT_TYPE, *mime)], *content).into_response(),
        Some(BridgeFile::OnItsWay) => {
            let reason = error(StatusCode::SERVICE_UNAVAILABLE, "not_yet", "the file is on its way");
            ([(header::RETRY_AFTER, "1")], reason).into_response()
        }
        Some(BridgeFile::Gone) => error(StatusCode::GONE, "gone", "WhatsApp does not have the file any more"),
        None => error(StatusCode::NOT_FOUND, "not_found", "there is no such file"),
    }
}

async fn release(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> StatusCode {
    let mut memory = lock(&shared.memory);
    memory.files.remove(&id);
    memory.state.released.push(id);
    StatusCode::NO_CONTENT
}
