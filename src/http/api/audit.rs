//! The audit log. For owners only.

mod view;

use super::operation::{Operations, operations};
use crate::http::auth::Owner;
use crate::http::extract::Query;
use crate::http::pagination::{Limit, Page};
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use view::AuditEntryPage;

pub(super) fn operations() -> Operations {
    operations![list]
}

/// The page of the audit log to return.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    cursor: Option<i64>,
}

/// List the audit log, newest first.
#[utoipa::path(get, path = "/api/audit", tag = "system", operation_id = "list_audit_entries", params(AuditQuery),
    responses((status = 200, body = AuditEntryPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _owner: Owner,
    Query(AuditQuery { limit, cursor }): Query<AuditQuery>,
) -> Result<Json<AuditEntryPage>, ApiError> {
    let (entries, next) = state.store.read(move |tx| tx.audit_log(cursor, limit.0)).await?;
    Ok(Json(Page::new(entries, next)))
}
