//! How certificates are. For owners.

use crate::http::{ApiError, AppState, Owner};
use crate::ops::tls::TlsStatus;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/tls", get(show))
}

/// Which certificate is served, how long it is good, and what went wrong last.
#[utoipa::path(get, path = "/api/tls", tag = "house", operation_id = "get_tls_status",
    security(("cookie" = ["owner"]), ("token" = ["owner"])), responses((status = 200, body = TlsStatus)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<TlsStatus>, ApiError> {
    Ok(Json(state.tls.status()))
}
