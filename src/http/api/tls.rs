//! The state of the TLS certificates. For owners only.

mod view;

use super::operation::{Operations, operations};
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use view::TlsStatus;

pub(super) fn operations() -> Operations {
    operations![show]
}

/// Get the active certificate, its validity, and the last error.
#[utoipa::path(get, path = "/api/tls", tag = "system", operation_id = "get_tls_status",
    responses((status = 200, body = TlsStatus)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<TlsStatus>, ApiError> {
    Ok(Json(state.tls.status().into()))
}
