//! How certificates are. For owners.

use crate::http::{Actor, ApiError, AppState};
use crate::ops::tls::TlsStatus;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/tls", get(show))
}

/// Which certificate is served, how long it is good, and what went wrong last.
#[utoipa::path(get, path = "/api/tls", tag = "house", responses((status = 200, body = TlsStatus)))]
pub(super) async fn show(State(state): State<AppState>, actor: Actor) -> Result<Json<TlsStatus>, ApiError> {
    actor.require_owner()?;
    Ok(Json(state.tls.status()))
}
