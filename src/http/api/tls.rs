//! How certificates are. For owners.

use crate::http::{ApiError, AppState, Owner};
use crate::tls::TlsStatus;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Get the certificate that is served, its validity, and the last error.
#[utoipa::path(get, path = "/api/tls", tag = "system", operation_id = "get_tls_status",
    security(("cookie" = ["owner"]), ("token" = ["owner"])), responses((status = 200, body = TlsStatus)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<TlsStatus>, ApiError> {
    Ok(Json(state.tls.status()))
}
