//! The bridge's link to WhatsApp: how it is, and linking the business's account. What changes it, and every code that
//! links, is for owners.

use super::OkResponse;
use super::operation::{Operations, operations};
use crate::domain::{Language, Notice, PhoneNumber, Role, Timestamp};
use crate::http::auth::{Member, Owner};
use crate::http::extract::Json;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::messages;
use crate::providers::baileys::bridge::{self, Bridge, BridgeError, LinkState, Overview};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

pub(super) fn operations() -> Operations {
    operations![show, pair, pairing_code, log_out, reconnect]
}

/// The state of the bridge. A field that an older bridge does not report is null.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct BridgeStatus {
    /// Whether the bridge is in use.
    enabled: bool,
    /// Whether the bridge answers.
    reachable: bool,
    /// Whether the link to WhatsApp is up.
    connected: bool,
    /// The state of the link.
    state: LinkState,
    /// What prevents the link and what to do about it, for people, in the business's language; null if nothing does.
    reason: Option<String>,
    /// Since when the link is in this state.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// WhatsApp's status code of the last disconnect.
    last_code: Option<i64>,
    /// The version of the bridge.
    version: Option<String>,
    /// The linked WhatsApp account.
    account: Option<LinkedAccount>,
    /// What is queued in the bridge.
    waiting: BridgeBacklog,
    /// WhatsApp's lock on writing to new people, while there is one.
    restriction: Option<AccountRestriction>,
    /// Since when nothing comes in by a link that is alive, not even the answer of the account's own phone; null while that
    /// is not so.
    #[schema(value_type = Option<String>, format = DateTime)]
    deaf_since: Option<Timestamp>,
    /// The code to scan, while one waits; for owners.
    pairing: Option<PairingQr>,
    /// The pairing code while one is valid; for owners only.
    pairing_code: Option<String>,
    /// When the pairing code expires; another one follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    pairing_code_expires_at: Option<Timestamp>,
}

/// The linked WhatsApp account.
#[derive(Serialize, utoipa::ToSchema)]
struct LinkedAccount {
    /// E.164.
    phone: Option<String>,
    /// The profile name.
    name: Option<String>,
}

/// What is queued in the bridge; null if unknown.
#[derive(Serialize, utoipa::ToSchema)]
struct BridgeBacklog {
    /// Messages and updates that the daemon has not accepted yet.
    inbox: Option<u64>,
    /// Files of messages.
    media: Option<u64>,
    /// Messages and updates that the daemon refused; see the log.
    refused: Option<u64>,
}

/// WhatsApp's restriction on starting new chats.
#[derive(Serialize, utoipa::ToSchema)]
struct AccountRestriction {
    /// When it ends; null if WhatsApp does not say.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// WhatsApp's name for the restriction.
    kind: Option<String>,
}

/// A QR code that can be scanned.
#[derive(Serialize, utoipa::ToSchema)]
struct PairingQr {
    /// The content of the QR code.
    qr: String,
    /// The QR code as SVG; null if the bridge does not draw it.
    svg: Option<String>,
    /// When it expires; another one follows.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Get the state of the bridge and of its link to WhatsApp, within 1.5 s whatever the bridge does.
#[utoipa::path(get, path = "/api/whatsapp/bridge", tag = "whatsapp", operation_id = "get_whatsapp_link",
    responses((status = 200, body = BridgeStatus)))]
pub(super) async fn show(State(app): State<AppState>, Member(actor): Member) -> axum::Json<BridgeStatus> {
    let active_settings = app.active_settings.current();
    let Some(bridge) = &active_settings.bridge else { return axum::Json(BridgeStatus::disabled(&app)) };
    let is_owner = actor.role == Role::Owner;
    let overview = bridge.overview(is_owner).await;
    axum::Json(BridgeStatus::of(overview, app.config().language(), is_owner))
}

/// The result of a request to pair.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StartPairingResponse {
    /// Always true.
    ok: bool,
    /// The state of the link.
    state: LinkState,
}

/// Start pairing: show QR codes again.
#[utoipa::path(post, path = "/api/whatsapp/bridge/pair", tag = "whatsapp", operation_id = "start_whatsapp_pairing", responses(
        (status = 200, body = StartPairingResponse),
        (status = 409, body = ErrorBody, description = "`bridge_disabled`, `already_paired`."),
        (status = 503, body = ErrorBody, description = "`bridge_unreachable`, `bridge_unauthorized`.")))]
pub(super) async fn pair(
    State(app): State<AppState>,
    _owner: Owner,
) -> Result<axum::Json<StartPairingResponse>, ApiError> {
    let state = enabled_bridge(&app)?.pair().await.map_err(bridge_error)?;
    Ok(axum::Json(StartPairingResponse { ok: true, state }))
}

/// The phone to be linked.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PairingCodeRequest {
    /// The number of the account that is to be linked: `+9725…`, or the national `05…`.
    phone: String,
}

/// A pairing code, to be typed into the phone.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PairingCodeResponse {
    /// Always true.
    ok: bool,
    /// Eight letters and digits.
    code: String,
}

/// Request a pairing code to be typed into the phone, instead of a QR code.
#[utoipa::path(post, path = "/api/whatsapp/bridge/pairing-code", tag = "whatsapp", operation_id = "request_whatsapp_pairing_code",
    request_body = PairingCodeRequest,
    responses((status = 200, body = PairingCodeResponse),
    (status = 409, body = ErrorBody, description = "`bridge_disabled`, `already_paired`."),
    (status = 422, body = ErrorBody, description = "`invalid_phone`, `whatsapp_refused`."),
    (status = 503, body = ErrorBody, description = "`bridge_unreachable`, `bridge_unauthorized`, \
        `bridge_not_ready`.")))]
pub(super) async fn pairing_code(
    State(app): State<AppState>,
    Owner(actor): Owner,
    Json(body): Json<PairingCodeRequest>,
) -> Result<axum::Json<PairingCodeResponse>, ApiError> {
    let bridge = enabled_bridge(&app)?;
    let phone = PhoneNumber::parse(&body.phone, app.config().business.country);
    let phone = phone.map_err(|error| unprocessable("invalid_phone", error.to_string()))?;
    let code = bridge.pairing_code(phone.digits()).await.map_err(bridge_error)?;
    actor.set_audit_subject(phone.masked().to_string());
    Ok(axum::Json(PairingCodeResponse { ok: true, code }))
}

/// Unlink the WhatsApp account. Linking it again needs a new QR code.
#[utoipa::path(post, path = "/api/whatsapp/bridge/logout", tag = "whatsapp", operation_id = "log_out_whatsapp",
    responses((status = 200, body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn log_out(State(app): State<AppState>, _owner: Owner) -> Result<axum::Json<OkResponse>, ApiError> {
    enabled_bridge(&app)?.log_out().await.map_err(bridge_error)?;
    Ok(OkResponse::OK)
}

/// Reconnect to WhatsApp at once instead of at the next retry.
#[utoipa::path(post, path = "/api/whatsapp/bridge/reconnect", tag = "whatsapp", operation_id = "reconnect_whatsapp",
    responses((status = 200, body = OkResponse), (status = 409, body = ErrorBody)))]
pub(super) async fn reconnect(State(app): State<AppState>, _owner: Owner) -> Result<axum::Json<OkResponse>, ApiError> {
    enabled_bridge(&app)?.reconnect().await.map_err(bridge_error)?;
    Ok(OkResponse::OK)
}

impl BridgeStatus {
    fn of(overview: Overview, language: Language, is_owner: bool) -> Self {
        let Overview { reachable, connected, report, qr } = overview;
        let restricted = report.restriction.as_ref().filter(|_| report.state.is_connected());
        let reason = restricted.map(|_| Notice::WhatsAppRestricted).or_else(|| report.state.notice());
        let account = report.account.map(|bridge::Account { phone, name }| LinkedAccount {
            phone: phone.map(|digits| format!("+{}", digits.trim_start_matches('+'))),
            name,
        });
        let expires_at = report.qr_expires_at;
        Self {
            enabled: true,
            reachable,
            connected,
            state: report.state,
            reason: reason.map(|notice| messages::text(language, &notice)),
            since: report.since,
            last_code: report.last_code,
            version: report.version,
            account,
            waiting: BridgeBacklog { inbox: report.inbox, media: report.media_waiting, refused: report.refused },
            restriction: report
                .restriction
                .map(|bridge::Restriction { until, kind }| AccountRestriction { until, kind }),
            deaf_since: report.deaf_since,
            pairing: qr.filter(|_| is_owner).map(|code| PairingQr { qr: code.text, svg: code.svg, expires_at }),
            pairing_code: report.pairing_code.filter(|_| is_owner),
            pairing_code_expires_at: report.pairing_code_expires_at.filter(|_| is_owner),
        }
    }

    fn disabled(app: &AppState) -> Self {
        let state = LinkState::Disabled;
        Self {
            enabled: false,
            reachable: false,
            connected: false,
            state,
            reason: state.notice().map(|notice| messages::text(app.config().language(), &notice)),
            since: None,
            last_code: None,
            version: None,
            account: None,
            waiting: BridgeBacklog { inbox: None, media: None, refused: None },
            restriction: None,
            deaf_since: None,
            pairing: None,
            pairing_code: None,
            pairing_code_expires_at: None,
        }
    }
}

/// The bridge, if it is in use.
fn enabled_bridge(app: &AppState) -> Result<Bridge, ApiError> {
    let bridge = app.active_settings.current().bridge.clone();
    bridge.ok_or_else(|| ApiError::new(StatusCode::CONFLICT, "bridge_disabled", state_sentence(LinkState::Disabled)))
}

fn bridge_error(error: BridgeError) -> ApiError {
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
            tracing::warn!(event = "BRIDGE_MALFORMED", status, code, "The WhatsApp bridge gave an unforeseen answer");
            let message = "the WhatsApp bridge failed; its log says why";
            ApiError::new(StatusCode::BAD_GATEWAY, "bridge_failed", message)
        }
    }
}

fn unprocessable(code: &'static str, message: String) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

/// What the API says is in English; the page says it in its reader's language, by the code.
fn state_sentence(state: LinkState) -> String {
    state.notice().map(|notice| messages::text(Language::English, &notice)).unwrap_or_default()
}
