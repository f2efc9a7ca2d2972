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

use super::auth::{AuthState, Operations, require_auth};
use super::{ApiError, AppState};
use axum::Router;
use axum::middleware::from_fn_with_state;
use serde::Serialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// All routes. Every route that is not in [`public_routes`] requires a login or a token.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let (public_routes, authenticated_routes) = (Router::from(public_routes()), Router::from(authenticated_routes()));
    let auth_state = AuthState { state: state.clone(), operations: Arc::new(Operations::of(&document())) };
    let authenticated_routes = authenticated_routes
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(auth_state, require_auth));
    public_routes.method_not_allowed_fallback(method_not_allowed).merge(authenticated_routes)
}

/// The OpenAPI document of all routes.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(public_routes().merge(authenticated_routes()).into_openapi())
}

/// The routes that need a login or a token.
fn authenticated_routes() -> OpenApiRouter<AppState> {
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
fn public_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(account::public_routes()).merge(setup::public_routes()).merge(openapi::public_routes())
}

async fn method_not_allowed() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path exists, but not with that method",
    )
}

/// Done
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OkResponse {
    /// Always true.
    ok: bool,
}

impl OkResponse {
    pub(crate) const OK: axum::Json<Self> = axum::Json(Self { ok: true });
}
