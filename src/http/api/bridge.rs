//! The WhatsApp bridge: its state, and linking of the business's WhatsApp account. Every change and every pairing code
//! is for owners only.

mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::domain::{Language, PhoneNumber, Role};
use crate::http::auth::{Member, Owner};
use crate::http::extract::Json;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::messages;
use crate::providers::baileys::bridge::{Bridge, BridgeError, LinkState};
use axum::extract::State;
use axum::http::StatusCode;
use view::{BridgeStatus, PairingCodeRequest, PairingCodeResponse, StartPairingResponse};

pub(super) fn operations() -> Operations {
    operations![show, pair, pairing_code, log_out, reconnect]
}

/// Get the state of the bridge and of its link to WhatsApp.
///
/// The response takes at most 1.5 s, even if the bridge does not answer.
#[utoipa::path(get, path = "/api/whatsapp/bridge", tag = "whatsapp", operation_id = "get_whatsapp_link",
    responses((status = 200, body = BridgeStatus)))]
pub(super) async fn show(State(app): State<AppState>, Member(actor): Member) -> axum::Json<BridgeStatus> {
    let settings = app.settings.current();
    let Some(bridge) = &settings.bridge else {
        return axum::Json(BridgeStatus::disabled(app.config().language()));
    };
    let is_owner = actor.role == Role::Owner;
    let overview = bridge.overview(is_owner).await;
    axum::Json(BridgeStatus::of(overview, app.config().language(), is_owner))
}

/// Start pairing with WhatsApp: the bridge creates QR codes again.
#[utoipa::path(post, path = "/api/whatsapp/bridge/pair", tag = "whatsapp", operation_id = "start_whatsapp_pairing", responses(
        (status = 200, body = StartPairingResponse),
        (status = 409, body = ErrorBody, description = "The bridge is disabled (`bridge_disabled`), or a phone is paired already (`already_paired`)."),
        (status = 503, body = ErrorBody, description = "The bridge cannot be used: `bridge_unreachable`, `bridge_unauthorized`.")))]
pub(super) async fn pair(
    State(app): State<AppState>,
    _owner: Owner,
) -> Result<axum::Json<StartPairingResponse>, ApiError> {
    let state = enabled_bridge(&app)?.pair().await.map_err(|error| bridge_error("to start pairing", error))?;
    app.outbox.look_at_bridge();
    Ok(axum::Json(StartPairingResponse { ok: true, state: state.into() }))
}

/// Request a pairing code, which is typed into the phone instead of scanning a QR code.
#[utoipa::path(post, path = "/api/whatsapp/bridge/pairing-code", tag = "whatsapp", operation_id = "request_whatsapp_pairing_code",
    request_body = PairingCodeRequest,
    responses((status = 200, body = PairingCodeResponse),
    (status = 409, body = ErrorBody, description = "The bridge is disabled (`bridge_disabled`), or a phone is paired already (`already_paired`)."),
    (status = 422, body = ErrorBody, description = "The phone number is invalid (`invalid_phone`), or WhatsApp rejected the request (`whatsapp_refused`)."),
    (status = 503, body = ErrorBody, description = "The bridge cannot be used, or cannot be paired yet: `bridge_unreachable`, \
        `bridge_unauthorized`, `bridge_not_ready`.")))]
pub(super) async fn pairing_code(
    State(app): State<AppState>,
    Owner(actor): Owner,
    Json(body): Json<PairingCodeRequest>,
) -> Result<axum::Json<PairingCodeResponse>, ApiError> {
    let bridge = enabled_bridge(&app)?;
    let phone = PhoneNumber::parse_new(&body.phone, app.config().business.country);
    let phone = phone.map_err(|error| unprocessable("invalid_phone", error.to_string()))?;
    let code = bridge.pairing_code(phone.digits()).await;
    let code = code.map_err(|error| bridge_error("for a pairing code", error))?;
    app.outbox.look_at_bridge();
    actor.set_audit_subject(phone.masked().to_string());
    Ok(axum::Json(PairingCodeResponse { ok: true, code }))
}

/// Unlink the WhatsApp account.
///
/// Linking an account again needs a new QR code or pairing code.
#[utoipa::path(post, path = "/api/whatsapp/bridge/logout", tag = "whatsapp", operation_id = "log_out_whatsapp",
    responses((status = 200, description = "The account was unlinked.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn log_out(State(app): State<AppState>, _owner: Owner) -> Result<axum::Json<OkResponse>, ApiError> {
    enabled_bridge(&app)?.log_out().await.map_err(|error| bridge_error("to unlink the account", error))?;
    app.outbox.look_at_bridge();
    Ok(OkResponse::OK)
}

/// Reconnect to WhatsApp immediately, without waiting for the next retry.
#[utoipa::path(post, path = "/api/whatsapp/bridge/reconnect", tag = "whatsapp", operation_id = "reconnect_whatsapp",
    responses((status = 200, description = "The bridge is connecting.", body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn reconnect(State(app): State<AppState>, _owner: Owner) -> Result<axum::Json<OkResponse>, ApiError> {
    enabled_bridge(&app)?.reconnect().await.map_err(|error| bridge_error("to reconnect to WhatsApp", error))?;
    app.outbox.look_at_bridge();
    Ok(OkResponse::OK)
}

fn enabled_bridge(app: &AppState) -> Result<Bridge, ApiError> {
    let bridge = app.settings.current().bridge.clone();
    bridge.ok_or_else(|| ApiError::new(StatusCode::CONFLICT, "bridge_disabled", state_sentence(LinkState::Disabled)))
}

/// `request` names the failed request in the log message.
fn bridge_error(request: &str, error: BridgeError) -> ApiError {
    let (status, code, detail) = match error {
        BridgeError::Unavailable(LinkState::Unauthorized) => {
            let message = state_sentence(LinkState::Unauthorized);
            return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "bridge_unauthorized", message);
        }
        BridgeError::Unavailable(state) => {
            return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "bridge_unreachable", state_sentence(state));
        }
        BridgeError::Unsupported => {
            let message = "this bridge cannot do that; it is older than the daemon, or another program";
            return ApiError::new(StatusCode::NOT_IMPLEMENTED, "bridge_unsupported", message);
        }
        BridgeError::Refused { status, code, message } => (status, code, message),
    };
    let with_detail =
        |sentence: &str| if detail.is_empty() { sentence.to_owned() } else { format!("{sentence}: {detail}") };
    match status {
        400 => unprocessable("invalid_phone", with_detail("the bridge does not take this number")),
        409 if code == "already_paired" => ApiError::new(
            StatusCode::CONFLICT,
            "already_paired",
            "an account is linked already; log it out first to link another one",
        ),
        409 => ApiError::conflict(with_detail("the bridge cannot do that at the moment")),
        422 => unprocessable("whatsapp_refused", with_detail("WhatsApp refused")),
        429 => unprocessable("whatsapp_refused", with_detail("WhatsApp wants us to wait; try again later")),
        503 => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "bridge_not_ready",
            with_detail("the bridge is not ready for that at the moment"),
        ),
        _ => {
            tracing::warn!(
                event = "BRIDGE_MALFORMED",
                status,
                code,
                reason = detail,
                "The WhatsApp bridge gave an unexpected response to the request {request}: HTTP {status}, code {code}"
            );
            let message = "the WhatsApp bridge failed; its log says why";
            ApiError::new(StatusCode::BAD_GATEWAY, "bridge_failed", message)
        }
    }
}

fn unprocessable(code: &'static str, message: String) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

/// The web page translates the state by its code.
fn state_sentence(state: LinkState) -> String {
    state.notice().map(|notice| messages::text(Language::English, &notice)).unwrap_or_default()
}
