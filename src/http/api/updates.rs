//! The installed release, and available updates. For owners only.

mod view;

use super::operation::{Operations, operations};
use crate::config::UpdateCheck;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use crate::maintenance::update_check::UpdateState;
use axum::Json;
use axum::extract::State;
use view::UpdatesResponse;

pub(super) fn operations() -> Operations {
    operations![show]
}

/// Get the installed version, and the newest release.
#[utoipa::path(get, path = "/api/updates", tag = "system", operation_id = "get_update_status",
    responses((status = 200, body = UpdatesResponse)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<UpdatesResponse>, ApiError> {
    let known = state.store.read(UpdateState::read).await?;
    Ok(Json(UpdatesResponse {
        check: UpdateCheck::as_str(state.config().updates.check),
        installed: env!("CARGO_PKG_VERSION"),
        is_newer: known.newer().is_some(),
        failed: known.has_failed,
        newest: known.newest.map(Into::into),
        checked_at: known.checked_at,
    }))
}
