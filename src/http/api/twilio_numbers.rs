//! The phone numbers of the Twilio account and their webhooks. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::twilio_error::twilio_error;
use crate::config::Config;
use crate::crm::twilio_number;
use crate::doctor::webhooks_at;
use crate::http::auth::Owner;
use crate::http::extract::Name;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::providers::http_client;
use crate::providers::twilio::account::{self, AccountNumber, NumberWebhooks};
use crate::providers::twilio::rest::Error;
use crate::store::WriteTx;
use axum::extract::State;
use axum::http::StatusCode;
use std::time::Duration;
use view::{TwilioNumber, TwilioNumberPage, WebhooksResponse};

pub(super) fn operations() -> Operations {
    operations![list, set_webhooks, undo_webhooks]
}

/// List the phone numbers of the Twilio account.
#[utoipa::path(get, path = "/api/twilio/numbers", tag = "system", operation_id = "list_twilio_numbers",
    responses((status = 200, body = TwilioNumberPage),
        (status = 409, body = ErrorBody, description = "No account is set: `twilio_not_configured`."),
        (status = 502, body = ErrorBody, description = "Twilio refuses the request: `twilio_refused`."),
        (status = 503, body = ErrorBody, description = "Twilio cannot be reached: `twilio_unreachable`.")))]
pub(super) async fn list(
    State(state): State<AppState>,
    _owner: Owner,
) -> Result<axum::Json<TwilioNumberPage>, ApiError> {
    let config = state.config();
    let numbers = numbers(&config).await?;
    let known = state.store.read(|tx| tx.replaced_webhooks()).await?;
    let base = config.http.public_address();
    let item = |number| TwilioNumber::new(number, base, &known);
    Ok(axum::Json(Page::only(numbers.into_iter().map(item).collect())))
}

/// Set a phone number's webhooks to this server, so that this server receives the number's calls.
///
/// The replaced webhooks are stored, so that the change can be undone. If the number's calls came to this server
/// already, the stored webhooks stay those that an earlier request replaced.
#[utoipa::path(post, path = "/api/twilio/numbers/{sid}/webhooks", tag = "system", operation_id = "set_twilio_webhooks",
    params(("sid" = String, Path)), responses((status = 200, body = WebhooksResponse),
        (status = 409, body = ErrorBody, description = "`twilio_not_configured`, `no_public_address`, `number_not_direct`: a SIP \
            trunk or a TwiML app takes the number's calls."),
        (status = 502, body = ErrorBody, description = "Twilio refuses the request: `twilio_refused`."),
        (status = 503, body = ErrorBody, description = "Twilio cannot be reached: `twilio_unreachable`.")))]
pub(super) async fn set_webhooks(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Name(sid): Name,
) -> Result<axum::Json<WebhooksResponse>, ApiError> {
    let config = state.config();
    let base = config.http.public_address().ok_or_else(|| conflict("no_public_address", NO_ADDRESS))?;
    let number = number(&config, &sid).await?;
    if !number.trunk_sid.is_empty() || !number.voice_application_sid.is_empty() {
        return Err(conflict("number_not_direct", NOT_DIRECT));
    }
    let (replaced, after) = (number.webhooks, webhooks_at(base));
    if replaced == after {
        // The webhooks of this server are not stored: an undo must restore those that an earlier request stored.
        return respond(&state, &config, &sid, replaced).await;
    }
    // The replaced webhooks are stored before the change, so that an undo is possible after a crash.
    let (kept, key, own) = (replaced.clone(), sid.clone(), after.voice_url.clone());
    let keep = actor.transact(&state.store, move |tx| twilio_number::keep_webhooks(tx, &key, &kept.into(), &own));
    let earlier = keep.await?;
    if let Err(not_set) = set(&config, &sid, &after).await {
        // If the request had no answer, Twilio may still apply the change; the stored webhooks are then kept.
        let is_unchanged =
            not_set.is_answered && self::number(&config, &sid).await.is_ok_and(|now| now.webhooks == replaced);
        if is_unchanged {
            let key = sid.clone();
            let restore = move |tx: &WriteTx<'_>| twilio_number::restore_kept_webhooks(tx, &key, earlier.as_ref());
            actor.transact(&state.store, restore).await?;
        }
        return Err(not_set.error);
    }
    respond(&state, &config, &sid, replaced).await
}

/// Undo the change of a phone number's webhooks.
#[utoipa::path(post, path = "/api/twilio/numbers/{sid}/webhooks/undo", tag = "system", operation_id = "undo_twilio_webhooks",
    params(("sid" = String, Path)), responses((status = 200, body = WebhooksResponse),
        (status = 409, body = ErrorBody, description = "No Twilio account is set up (`twilio_not_configured`), or there is no change to undo (`nothing_to_undo`)."),
        (status = 502, body = ErrorBody, description = "Twilio refuses the request: `twilio_refused`."),
        (status = 503, body = ErrorBody, description = "Twilio cannot be reached: `twilio_unreachable`.")))]
pub(super) async fn undo_webhooks(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Name(sid): Name,
) -> Result<axum::Json<WebhooksResponse>, ApiError> {
    let config = state.config();
    let replaced = number(&config, &sid).await?.webhooks;
    let known = state.store.read(|tx| tx.replaced_webhooks()).await?;
    let before = known.into_iter().find(|(known, _)| *known == sid).map(|(_, before)| before);
    let before = before.ok_or_else(|| conflict("nothing_to_undo", "this number's webhooks were not changed here"))?;
    set(&config, &sid, &before.into()).await.map_err(|not_set| not_set.error)?;
    let key = sid.clone();
    actor.transact(&state.store, move |tx| twilio_number::forget_webhooks(tx, &key)).await?;
    respond(&state, &config, &sid, replaced).await
}

async fn respond(
    state: &AppState,
    config: &Config,
    sid: &str,
    replaced: NumberWebhooks,
) -> Result<axum::Json<WebhooksResponse>, ApiError> {
    let number = number(config, sid).await?;
    let known = state.store.read(|tx| tx.replaced_webhooks()).await?;
    let number = TwilioNumber::new(number, config.http.public_address(), &known);
    Ok(axum::Json(WebhooksResponse { number, replaced: replaced.into() }))
}

async fn numbers(config: &Config) -> Result<Vec<AccountNumber>, ApiError> {
    let client = http_client::build().map_err(|_| ApiError::internal())?;
    account::numbers(&client, &config.twilio, LIMIT).await.map_err(|error| twilio_error(&error, ""))
}

async fn number(config: &Config, sid: &str) -> Result<AccountNumber, ApiError> {
    let found = numbers(config).await?.into_iter().find(|number| number.sid == sid);
    found.ok_or_else(|| ApiError::not_found("the account has no such number"))
}

struct NotSet {
    error: ApiError,
    /// Whether Twilio answered the request.
    is_answered: bool,
}

async fn set(config: &Config, sid: &str, webhooks: &NumberWebhooks) -> Result<(), NotSet> {
    let client = http_client::build().map_err(|_| NotSet { error: ApiError::internal(), is_answered: false })?;
    let set = account::set_number_webhooks(&client, &config.twilio, sid, webhooks, LIMIT).await;
    set.map(|_| ()).map_err(|error| NotSet {
        error: twilio_error(&error, ""),
        is_answered: !matches!(error, Error::Unreachable(_)),
    })
}

fn conflict(code: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, code, message)
}

const LIMIT: Duration = Duration::from_secs(10);
const NO_ADDRESS: &str = "set the public address first (http.public_base_url or tls.domain): Twilio needs it";
const NOT_DIRECT: &str = "a SIP trunk or a TwiML app takes this number's calls; remove it in Twilio's console first";
