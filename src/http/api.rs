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

pub(crate) use openapi::document;

use super::auth::{Guard, Operations, guard};
use super::{ApiError, AppState};
use axum::Router;
use axum::middleware::from_fn_with_state;
use serde::Serialize;
use std::sync::Arc;

/// All of it. What is not in [`open`] asks for a login or a token, whatever is added here.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let operations = Arc::new(Operations::of(&document()));
    let guard_state = Guard { state: state.clone(), operations };
    let guarded = Router::new()
        .merge(account::routes())
        .merge(alerts::routes())
        .merge(audit::routes())
        .merge(backups::routes())
        .merge(bridge::routes())
        .merge(calls::routes())
        .merge(contacts::routes())
        .merge(database::routes())
        .merge(events::routes())
        .merge(merge_suggestions::routes())
        .merge(self_check::routes())
        .merge(sessions::routes())
        .merge(settings::routes())
        .merge(threads::routes())
        .merge(tls::routes())
        .merge(tokens::routes())
        .merge(updates::routes())
        .merge(users::routes())
        .merge(media::routes())
        .merge(whatsapp::routes())
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(guard_state, guard));
    open().method_not_allowed_fallback(wrong_method).merge(guarded)
}

/// What works without a login.
fn open() -> Router<AppState> {
    Router::new().merge(account::open_routes()).merge(setup::open_routes()).merge(openapi::open_routes())
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path exists, but not with that method",
    )
}

/// The answer where there is nothing to tell but that it is done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Done {
    /// Always true.
    ok: bool,
}

impl Done {
    pub(crate) const YES: axum::Json<Self> = axum::Json(Self { ok: true });
}
