//! The state of the TLS certificates. For owners only.

mod view;

use super::operation::{Operations, operations};
use crate::domain::Language;
use crate::http::accept_language::preferred;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use view::TlsStatus;

pub(super) fn operations() -> Operations {
    operations![show]
}

/// Get the active certificate, its validity, and the last error.
#[utoipa::path(get, path = "/api/tls", tag = "system", operation_id = "get_tls_status",
    params(("Accept-Language" = Option<String>, Header, description = "The language of the last error: `he` or `en`")),
    responses((status = 200, body = TlsStatus)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _owner: Owner,
    headers: HeaderMap,
) -> Result<Json<TlsStatus>, ApiError> {
    let language = preferred(&headers).unwrap_or(Language::English);
    Ok(Json(TlsStatus::new(state.tls.status(), language)))
}
