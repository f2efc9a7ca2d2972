//! The first setup: creates the first owner with the one-time code, and reports the completed steps.

pub(super) mod view;

use super::account::view::SessionResponse;
use super::account::{hash_password, start_session};
use super::operation::{Operations, operations};
use crate::clock;
use crate::crm::setup::{self, SetupCode};
use crate::crm::token::OneTimeSecret;
use crate::crm::{self, user};
use crate::http::auth::{Anyone, Client, Owner};
use crate::http::extract::{Json, ShortJson};
use crate::http::{ApiError, AppState, Confidential, ErrorBody, Peer, https_required};
use crate::providers::baileys::bridge::LinkState;
use crate::runtime::GreetingSource;
use crate::store::WriteTx;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use view::{SetupProgress, SetupRequest, SetupStatus, SkipStepRequest};

pub(super) fn operations() -> Operations {
    operations![is_needed, complete, progress, skip]
}

/// Returns the facts about completed setup steps that the settings and the running daemon show.
fn evidence(state: &AppState) -> setup::Evidence {
    let settings = state.settings.current();
    let config = &settings.config;
    let twilio = &config.twilio;
    let has_account = twilio.account_sid.is_some() && twilio.auth_token.is_some();
    let has_sender = twilio.wa_from.is_some() && has_account;
    setup::Evidence {
        has_name: !config.business.name.is_empty(),
        has_https: config.http.public_address().is_some_and(|address| address.starts_with("https://")),
        has_whatsapp: has_sender || state.outbox.bridge().is_some_and(LinkState::is_connected),
        has_ai_key: config.openai.api_key.is_some() || config.missing_for_pipeline().is_empty(),
        has_greeting: settings.prompts.greeting_source != GreetingSource::Shipped,
    }
}

pub(super) async fn progress_of(state: &AppState) -> Result<SetupProgress, ApiError> {
    let evidence = evidence(state);
    Ok(state.store.read(move |tx| setup::progress(tx, evidence)).await?.into())
}

/// Get whether the first owner is still to be created, and whether passwords are accepted on this connection.
#[utoipa::path(get, path = "/api/setup", tag = "account", operation_id = "get_setup_state",
    responses((status = 200, body = SetupStatus)))]
pub(super) async fn is_needed(
    _anyone: Anyone,
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<axum::Json<SetupStatus>, ApiError> {
    Ok(axum::Json(status(&state, peer, &headers).await?))
}

pub(super) async fn status(state: &AppState, peer: Peer, headers: &HeaderMap) -> Result<SetupStatus, ApiError> {
    let owners = state.store.read(|tx| tx.count_owners()).await?;
    let connection_error = https_required::error(state, peer, headers).map(ApiError::into_detail);
    Ok(SetupStatus { needed: owners == 0, connection_error })
}

/// Create the first owner with the one-time code, and log in.
#[utoipa::path(post, path = "/api/setup", tag = "account", operation_id = "complete_setup", request_body = SetupRequest, responses(
    (status = 200, body = SessionResponse),
    (status = 403, description = "The code is not valid, or codes and passwords are not accepted on this connection \
        (`https_required`)", body = ErrorBody),
    (status = 409, description = "There is an owner already", body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn complete(
    _anyone: Anyone,
    State(state): State<AppState>,
    Confidential(peer): Confidential,
    headers: HeaderMap,
    ShortJson(SetupRequest { code, name, password }): ShortJson<SetupRequest>,
) -> Result<Response, ApiError> {
    user::check_name(&name)?;
    let (code, now) = (SetupCode::parse(&code), clock::now());
    state.auth.login_rate_limiter.begin_setup(Client::Address(peer.origin()))?;
    let checked = code.clone();
    crm::read(&state.store, move |tx| setup::check_code(tx, &checked, now)).await?;
    let hash = hash_password(&state, "password", password, &name).await?;
    let owner = crm::transact(&state.store, move |tx| setup::complete(tx, &code, &name, &hash, now)).await?;
    tracing::info!(event = "SETUP_DONE", user = %owner.id, "The first owner was created: user {}", owner.id);
    start_session(&state, owner, OneTimeSecret::cookie(), &headers, peer).await
}

/// Get the steps of the setup that are complete or skipped, and whether the agent has answered in a trial call.
#[utoipa::path(get, path = "/api/setup/progress", tag = "account", operation_id = "get_setup_progress",
    responses((status = 200, body = SetupProgress)))]
pub(super) async fn progress(
    State(state): State<AppState>,
    _owner: Owner,
) -> Result<axum::Json<SetupProgress>, ApiError> {
    Ok(axum::Json(progress_of(&state).await?))
}

/// Skip a step of the setup, or resume a skipped step.
#[utoipa::path(put, path = "/api/setup/progress", tag = "account", operation_id = "skip_setup_step",
    request_body = SkipStepRequest, responses((status = 200, body = SetupProgress)))]
pub(super) async fn skip(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Json(SkipStepRequest { step, skipped }): Json<SkipStepRequest>,
) -> Result<axum::Json<SetupProgress>, ApiError> {
    actor.set_audit_subject(format!("step:{}", step.0));
    let evidence = evidence(&state);
    let change = move |tx: &WriteTx<'_>| {
        setup::skip(tx, step.0, skipped)?;
        Ok(setup::progress(tx, evidence)?)
    };
    Ok(axum::Json(actor.transact(&state.store, change).await?.into()))
}
