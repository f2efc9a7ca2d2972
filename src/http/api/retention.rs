//! Preview of the data that retention settings would delete. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::response::views;
use crate::clock;
use crate::config::RetentionConfig;
use crate::crm;
use crate::crm::retention;
use crate::http::auth::Owner;
use crate::http::extract::Query;
use crate::http::{ApiError, AppState};
use crate::maintenance::housekeeping;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use view::RetentionPreview;

pub(super) fn operations() -> Operations {
    operations![preview]
}

/// Retention limits in days that are not saved yet; 0 keeps the data forever. Absent limits have their saved values.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are those of the settings")]
pub(super) struct RetentionQuery {
    /// The limit for files of messages.
    #[param(maximum = 36_500)]
    media_days: Option<u32>,
    /// The limit for recordings of calls.
    #[param(maximum = 36_500)]
    recordings_days: Option<u32>,
    /// The limit for transcripts of calls.
    #[param(maximum = 36_500)]
    transcripts_days: Option<u32>,
    /// The limit for raw webhooks.
    #[param(maximum = 36_500)]
    journal_days: Option<u32>,
    /// The limit for the audit log.
    #[param(maximum = 36_500)]
    audit_days: Option<u32>,
}

impl RetentionQuery {
    fn over(self, saved: &RetentionConfig) -> Result<RetentionConfig, ApiError> {
        let days = |name: &'static str, given: Option<u32>, saved: u32| match given {
            Some(days) if days > MAX_DAYS => {
                Err(ApiError::invalid(format!("{name} is at most {MAX_DAYS}")).with_field(name))
            }
            given => Ok(given.unwrap_or(saved)),
        };
        Ok(RetentionConfig {
            media_days: days("media_days", self.media_days, saved.media_days)?,
            recordings_days: days("recordings_days", self.recordings_days, saved.recordings_days)?,
            transcripts_days: days("transcripts_days", self.transcripts_days, saved.transcripts_days)?,
            journal_days: days("journal_days", self.journal_days, saved.journal_days)?,
            audit_days: days("audit_days", self.audit_days, saved.audit_days)?,
        })
    }
}

/// Count the data that the saved retention settings, or the given ones, would delete.
///
/// Nothing is deleted.
#[utoipa::path(get, path = "/api/retention", tag = "system", operation_id = "preview_retention",
    params(RetentionQuery), responses((status = 200, body = RetentionPreview)))]
pub(super) async fn preview(
    State(state): State<AppState>,
    _owner: Owner,
    Query(query): Query<RetentionQuery>,
) -> Result<Json<RetentionPreview>, ApiError> {
    let limits = query.over(&state.config().retention)?;
    let cutoffs = housekeeping::cutoffs(&limits, clock::now());
    let counted = crm::read_long(&state.store, move |tx| Ok(retention::plan(tx, &cutoffs)?)).await?;
    Ok(Json(RetentionPreview { items: views(counted) }))
}

const MAX_DAYS: u32 = 36_500;
