//! The API of the CRM: a file for each noun.

mod account;
mod alerts;
mod audit;
mod backups;
mod bridge;
mod calls;
mod contacts;
mod database;
mod events;
mod media;
mod merge_suggestions;
mod openapi;
mod self_check;
mod sessions;
mod settings;
mod setup;
mod threads;
mod tls;
mod tokens;
mod updates;
mod users;
mod whatsapp;

use super::auth::{Guard, Operations, guard};
use super::{ApiError, AppState};
use axum::Router;
use axum::middleware::from_fn_with_state;
use serde::Serialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// All routes. What is not in [`open`] asks for a login or a token, whatever is added here.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let (open, guarded) = (Router::from(open()), Router::from(guarded()));
    let guard_state = Guard { state: state.clone(), operations: Arc::new(Operations::of(&document())) };
    let guarded = guarded.method_not_allowed_fallback(wrong_method).layer(from_fn_with_state(guard_state, guard));
    open.method_not_allowed_fallback(wrong_method).merge(guarded)
}

/// The OpenAPI document of all routes.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(open().merge(guarded()).into_openapi())
}

/// The routes that need a login or a token.
fn guarded() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(account::routes())
        .merge(alerts::routes())
        .merge(audit::routes())
        .merge(backups::routes())
        .merge(bridge::routes())
        .merge(calls::routes())
        .merge(contacts::routes())
        .merge(database::routes())
        .merge(events::routes())
        .merge(media::routes())
        .merge(merge_suggestions::routes())
        .merge(self_check::routes())
        .merge(sessions::routes())
        .merge(settings::routes())
        .merge(threads::routes())
        .merge(tls::routes())
        .merge(tokens::routes())
        .merge(updates::routes())
        .merge(users::routes())
        .merge(whatsapp::routes())
}

/// The routes that work without a login.
fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(account::open_routes()).merge(setup::open_routes()).merge(openapi::open_routes())
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path exists, but not with that method",
    )
}

/// Done
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Done {
    /// Always true.
    ok: bool,
}

impl Done {
    pub(crate) const YES: axum::Json<Self> = axum::Json(Self { ok: true });
}
