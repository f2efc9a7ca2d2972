//! Whether there is a newer release. For owners.

use super::operation::{Operations, operations};
use crate::config::UpdateCheck;
use crate::domain::Timestamp;
use crate::http::auth::Owner;
use crate::http::{ApiError, AppState};
use crate::maintenance::update_check::UpdateState;
use crate::providers::release_feed;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

pub(super) fn operations() -> Operations {
    operations![show]
}

/// The installed release, and newer ones.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UpdatesResponse {
    /// How often the release feed is checked: `off` or `weekly`.
    check: &'static str,
    /// The running release.
    installed: &'static str,
    /// The newest release that the feed has named, if it was ever asked.
    newest: Option<Release>,
    /// Whether the newest release is newer than the installed one.
    is_newer: bool,
    /// When the release feed was last checked.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
}

/// A release.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Release {
    /// The version, as `1.4.0`.
    version: String,
    /// The release date, as `2026-11-20`.
    date: Option<String>,
    /// The URL of the release notes.
    notes_url: Option<String>,
    /// Whether it fixes something urgent.
    urgent: bool,
}

impl From<release_feed::Release> for Release {
    fn from(release_feed::Release { version, date, notes_url, urgent }: release_feed::Release) -> Self {
        Self { version, date, notes_url, urgent }
    }
}

/// Get the installed version, and newer releases.
#[utoipa::path(get, path = "/api/updates", tag = "system", operation_id = "get_update_status",
    responses((status = 200, body = UpdatesResponse)))]
pub(super) async fn show(State(state): State<AppState>, _owner: Owner) -> Result<Json<UpdatesResponse>, ApiError> {
    let known = state.store.read(UpdateState::read).await?;
    Ok(Json(UpdatesResponse {
        check: UpdateCheck::as_str(state.config().updates.check),
        installed: env!("CARGO_PKG_VERSION"),
        is_newer: known.newer().is_some(),
        newest: known.newest.map(Into::into),
        checked_at: known.checked_at,
    }))
}
