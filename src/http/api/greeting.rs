//! The greeting that callers hear first: the packaged one, a file on the server, or one that a user recorded or
//! uploaded.

mod view;

use super::operation::{Operations, operations};
use super::settings::locked;
use crate::audio::prompt::Prompt;
use crate::config::Lock;
use crate::crm::greeting::{self, GreetingSound};
use crate::domain::{BusinessId, clean_name};
use crate::http::auth::{Actor, Member, Owner};
use crate::http::extract::{Json, Query};
use crate::http::ranges::{FileInfo, answer};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::{GreetingSource, MAX_GREETING};
use crate::store::WriteTx;
use crate::{clock, crm};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use std::borrow::Cow;
use std::time::Duration;
use view::{ChooseGreetingRequest, SetGreetingRequest};
use view::{GreetingResponse, KEY};

pub(super) fn operations() -> Operations {
    operations![show, set, choose, reset, play]
}

/// The greeting whose audio is returned.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GreetingQuery {
    /// The id of a stored greeting; by default the active greeting.
    id: Option<i64>,
}

/// Get the active greeting, and the stored greetings.
#[utoipa::path(get, path = "/api/greeting", tag = "system", operation_id = "get_greeting",
    responses((status = 200, body = GreetingResponse)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
) -> Result<axum::Json<GreetingResponse>, ApiError> {
    view(&state).await
}

/// Use an uploaded file as the greeting, from the next call on.
///
/// If a stored greeting has the same audio, that greeting is chosen, and keeps its name.
#[utoipa::path(put, path = "/api/greeting", tag = "system", operation_id = "set_greeting", request_body = SetGreetingRequest, responses(
    (status = 200, body = GreetingResponse),
    (status = 409, body = ErrorBody, description = "`setting_locked`: `voice.greeting_file` is set, and names the file that is used."),
    (status = 422, body = ErrorBody, description = "`media_unknown`: there is no such file; `unsupported_sound`: it is no MP3 or WAV \
        file that can be played; `greeting_too_long` (`error.params`: `seconds`, `most`).")))]
pub(super) async fn set(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Json(SetGreetingRequest { media_id, name }): Json<SetGreetingRequest>,
) -> Result<axum::Json<GreetingResponse>, ApiError> {
    check_unlocked(&state)?;
    let sound = readable(uploaded(&state, media_id).await?)?;
    let name = name.and_then(|name| clean_name(&name, MAX_NAME_CHARS)).filter(|name| !name.is_empty());
    let (id, now, audit) = (actor.id, clock::now(), actor.audit.clone());
    change(&state, &actor, move |tx| {
        let greeting = greeting::set(tx, id, &sound, name.as_deref(), now)?;
        if let Some(audit) = audit {
            audit.set_subject(format!("greeting:{greeting}"));
        }
        Ok(())
    })
    .await
}

/// Choose a stored greeting as the active one.
#[utoipa::path(post, path = "/api/greeting/choose", tag = "system", operation_id = "choose_greeting",
    request_body = ChooseGreetingRequest, responses(
    (status = 200, body = GreetingResponse), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "`setting_locked`: `voice.greeting_file` is set, and names the file that is used.")))]
pub(super) async fn choose(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Json(ChooseGreetingRequest { id }): Json<ChooseGreetingRequest>,
) -> Result<axum::Json<GreetingResponse>, ApiError> {
    check_unlocked(&state)?;
    actor.set_audit_subject(format!("greeting:{id}"));
    change(&state, &actor, move |tx| greeting::choose(tx, Some(id))).await
}

/// Reset the greeting to the packaged one.
///
/// Stored greetings are kept.
#[utoipa::path(delete, path = "/api/greeting", tag = "system", operation_id = "reset_greeting", responses(
    (status = 200, body = GreetingResponse), (status = 409, body = ErrorBody, description = "`setting_locked`: `voice.greeting_file` is set, and names the file that is used.")))]
pub(super) async fn reset(
    State(state): State<AppState>,
    Owner(actor): Owner,
) -> Result<axum::Json<GreetingResponse>, ApiError> {
    check_unlocked(&state)?;
    change(&state, &actor, |tx| greeting::choose(tx, None)).await
}

/// Get the audio of a greeting.
///
/// Byte ranges are supported.
#[utoipa::path(get, path = "/api/greeting/audio", tag = "system", operation_id = "get_greeting_audio", params(GreetingQuery),
    responses((status = 200, description = "MP3 or WAV", content((Vec<u8> = "audio/mpeg"), (Vec<u8> = "audio/wav"))),
        (status = 206, description = "The range that was asked for"), (status = 404, body = ErrorBody), (status = 416)))]
pub(super) async fn play(
    State(state): State<AppState>,
    _member: Member,
    method: Method,
    headers: HeaderMap,
    Query(GreetingQuery { id }): Query<GreetingQuery>,
) -> Result<Response, ApiError> {
    let (mime, content, etag) = match id {
        None => {
            let settings = state.settings.current();
            let prompt = &settings.prompts.greeting;
            (prompt.mime.to_owned(), prompt.content.clone(), prompt.etag.clone())
        }
        Some(id) => {
            let found = state.store.read(move |tx| tx.greeting_sound(id)).await?;
            let (mime, content) = found.ok_or_else(|| ApiError::not_found("there is no such greeting"))?;
            (mime, Bytes::from(content), format!("greeting-{id}"))
        }
    };
    let info = FileInfo { mime: &mime, length: content.len() as u64, etag: &etag, cache_control: "private, no-cache" };
    Ok(answer(&method, &headers, &info, |part| {
        let byte = |at: u64| usize::try_from(at).unwrap_or(0);
        Body::from(content.slice(byte(part.start)..byte(part.end)))
    }))
}

/// Stores a change, and activates it for the next call. If only the activation fails, the change stays stored, and the
/// response is an error.
async fn change(
    state: &AppState,
    actor: &Actor,
    work: impl FnOnce(&WriteTx<'_>) -> Result<(), crm::Error> + Send + 'static,
) -> Result<axum::Json<GreetingResponse>, ApiError> {
    actor.transact(&state.store, work).await?;
    state.reload_handle.refresh_greeting().await.map_err(|rejected| {
        let reasons = rejected.reasons.join("; ");
        tracing::error!(
            event = "GREETING_NOT_USED",
            reasons,
            "The change of the greeting is stored, but cannot be activated now ({reasons}); the daemon tries again when the settings are reloaded, or at its next start"
        );
        ApiError::unavailable("the greeting is stored, and is used after the next start")
    })?;
    view(state).await
}

async fn view(state: &AppState) -> Result<axum::Json<GreetingResponse>, ApiError> {
    let stored = state.store.read(|tx| tx.greetings(BusinessId::FIRST)).await?;
    let settings = state.settings.current();
    Ok(axum::Json(GreetingResponse::new(&settings, stored)))
}

/// Rejects a change that would have no effect: a greeting file of the settings has precedence.
fn check_unlocked(state: &AppState) -> Result<(), ApiError> {
    let settings = state.settings.current();
    if settings.prompts.greeting_source != GreetingSource::File {
        return Ok(());
    }
    let origin = settings.config.origins.of(KEY);
    Err(locked(KEY, Lock::Source(origin)))
}

async fn uploaded(state: &AppState, id: String) -> Result<Vec<u8>, ApiError> {
    let found = state.store.read(move |tx| {
        let known = tx.media(&id)?.filter(|file| !file.is_pruned && file.length <= MAX_BYTES);
        known.map(|file| tx.media_part(&id, 0, usize::try_from(file.length).unwrap_or(0))).transpose()
    });
    found.await?.ok_or_else(|| {
        unprocessable("media_unknown", "there is no such file, or it is too large; upload it first")
            .with_field("media_id")
    })
}

/// A shorter greeting is a mistake: it is silence to callers.
const MIN_GREETING: Duration = Duration::from_millis(500);

fn readable(file: Vec<u8>) -> Result<GreetingSound, ApiError> {
    let prompt = Prompt::read(file)
        .map_err(|error| unprocessable("unsupported_sound", error.to_string()).with_field("media_id"))?;
    if prompt.length < MIN_GREETING {
        let message = "the greeting is shorter than half a second, so callers would hear nothing";
        return Err(unprocessable("unsupported_sound", message).with_field("media_id"));
    }
    if prompt.length > MAX_GREETING {
        let (seconds, most) = (prompt.length.as_secs_f64(), MAX_GREETING.as_secs());
        let message = format!(
            "the greeting takes {seconds:.1} s; at most {most} s are allowed, because callers wait for its end"
        );
        let error = unprocessable("greeting_too_long", message).with_field("media_id");
        return Err(error.with_param("seconds", format!("{seconds:.1}")).with_param("most", most.to_string()));
    }
    let duration_ms = i64::try_from(prompt.length.as_millis()).unwrap_or(i64::MAX);
    Ok(GreetingSound { mime: prompt.mime, duration_ms, content: prompt.content })
}

fn unprocessable(code: &'static str, message: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

const MAX_NAME_CHARS: usize = 200;
/// The maximum size of a greeting file. Ten seconds of 16-bit stereo at 48 kHz take 2 MB.
const MAX_BYTES: u64 = 4 << 20;
