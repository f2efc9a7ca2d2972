//! The API of the CRM: one file for each kind of resource.

mod access;
mod account;
mod agent_tools;
mod alerts;
mod answering;
mod appointments;
mod audit;
mod backups;
mod bridge;
mod calendar;
mod calls;
mod checks;
mod closures;
mod conditions;
mod confirmation;
mod contacts;
mod custom_fields;
mod database;
mod error_responses;
mod events;
mod facts;
mod finding_text;
mod greeting;
mod inbox;
mod knowledge_gaps;
mod lead_stages;
mod leads;
mod media;
mod merge_suggestions;
mod notes;
mod one_of;
mod openapi;
mod opening_hours;
mod operation;
mod outbound_calls;
mod page_rings;
mod privacy;
mod resources;
mod response;
mod restart;
mod retention;
mod saved_replies;
mod scheduled_messages;
mod search;
mod self_check;
mod services;
mod sessions;
mod settings;
mod setup;
pub(super) mod start;
mod tags;
mod tasks;
mod threads;
mod tls;
mod tokens;
mod trial_calls;
mod twilio_error;
mod twilio_numbers;
mod updates;
mod users;
mod waiting_list;
mod whatsapp;

use super::auth::{AuthState, require_auth};
use super::{ApiError, AppState, compression};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use bytes::Bytes;
pub use events::ChangeFeed;
use openapi::Document;
use operation::Operations;
pub use settings::SettingsListCache;
use std::sync::{Arc, LazyLock};

pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let operations = operations();
    let auth_state = AuthState { state: state.clone(), operations: Arc::new(operations.ids()) };
    let authenticated = operations
        .authenticated
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(auth_state, require_auth));
    // Only authenticated operations are compressed: the responses of the login and the set-up contain a CSRF token.
    let authenticated = authenticated.layer(from_fn(compression::compress));
    let public = operations.public.layer(Extension(Document(&DOCUMENT)));
    public.method_not_allowed_fallback(method_not_allowed).merge(authenticated)
}

// Built once, because unauthenticated clients may request it.
static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| serde_json::to_vec(&document()).map(Bytes::from).unwrap_or_default());

pub(crate) fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(operations().document())
}

fn operations() -> Operations {
    account::operations()
        .merge(agent_tools::operations())
        .merge(alerts::operations())
        .merge(answering::operations())
        .merge(appointments::operations())
        .merge(audit::operations())
        .merge(backups::operations())
        .merge(bridge::operations())
        .merge(calendar::operations())
        .merge(calls::operations())
        .merge(closures::operations())
        .merge(checks::operations())
        .merge(confirmation::operations())
        .merge(contacts::operations())
        .merge(contacts::numbers::operations())
        .merge(custom_fields::operations())
        .merge(database::operations())
        .merge(events::operations())
        .merge(facts::operations())
        .merge(greeting::operations())
        .merge(inbox::operations())
        .merge(knowledge_gaps::operations())
        .merge(lead_stages::operations())
        .merge(leads::operations())
        .merge(media::operations())
        .merge(merge_suggestions::operations())
        .merge(notes::operations())
        .merge(openapi::operations())
        .merge(page_rings::operations())
        .merge(privacy::operations())
        .merge(opening_hours::operations())
        .merge(resources::operations())
        .merge(restart::operations())
        .merge(retention::operations())
        .merge(saved_replies::operations())
        .merge(outbound_calls::operations())
        .merge(scheduled_messages::operations())
        .merge(search::operations())
        .merge(self_check::operations())
        .merge(services::operations())
        .merge(sessions::operations())
        .merge(settings::operations())
        .merge(setup::operations())
        .merge(tags::operations())
        .merge(tasks::operations())
        .merge(threads::operations())
        .merge(tls::operations())
        .merge(tokens::operations())
        .merge(twilio_numbers::operations())
        .merge(trial_calls::operations())
        .merge(updates::operations())
        .merge(users::operations())
        .merge(waiting_list::operations())
        .merge(whatsapp::operations())
}

async fn method_not_allowed() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path exists, but not with that method",
    )
}
