//! The audit log. For owners.

use super::operation::{Operations, operations};
use crate::domain::{self, Timestamp};
use crate::http::auth::Owner;
use crate::http::extract::Query;
use crate::http::pagination::{Limit, Page};
use crate::http::{ApiError, AppState};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

pub(super) fn operations() -> Operations {
    operations![list]
}

/// Which page of the audit log.
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

type AuditEntryPage = Page<AuditEntry>;

/// An entry of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditEntry {
    /// The number of the entry; later entries have greater numbers.
    id: i64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The actor: `user:3`, `token:2`, `cli`.
    actor: String,
    /// The name of the user or the token; null for other actors.
    actor_name: Option<String>,
    /// For a token, the actor that created it.
    token_created_by: Option<String>,
    /// The action: `login`, `user_added`, `token_revoked`, …; for all other changes by the API the `operationId` of the request.
    action: String,
    /// What was changed: `user:3`, `token:2`, …
    subject: String,
    /// The name of what was changed, if it has one and still exists; of what belongs to a contact, the contact's name or number.
    subject_name: Option<String>,
    /// The contact that was changed, or to whom it belongs.
    contact_id: Option<i64>,
}

impl From<domain::AuditEntry> for AuditEntry {
    fn from(entry: domain::AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor,
            actor_name: entry.actor_name,
            token_created_by: entry.token_created_by,
            action: entry.action,
            subject: entry.subject,
            subject_name: entry.subject_name,
            contact_id: entry.contact_id.map(|id| id.0),
        }
    }
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
