//! The fake bridge's routes about the link to WhatsApp: health, status, pairing, logout, link check, and deletion.

use super::state::{BridgeBehavior, BridgeOptions, Shared, error, lock};
use crate::Party;
use crate::entropy;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

/// Routes without authentication.
pub(super) fn open_routes() -> Router<Arc<Shared>> {
    Router::new().route("/health", get(health)).route("/healthz", get(health))
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/status", get(status))
        .route("/qr", get(qr))
        .route("/pair", post(change))
        .route("/pairing-code", post(change))
        .route("/logout", post(change))
        .route("/reconnect", post(change))
        .route("/check-link", post(change))
        .route("/forget", post(change))
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    lock(&shared.memory).state.health_checks += 1;
    let options = lock(&shared.options);
    let status = if options.connected { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = json!({"connected": options.connected, "ts": crate::clock::now().as_millis()});
    let whole = options.behavior == BridgeBehavior::Full;
    if !options.connected || whole {
        body["state"] = json!(state_name(&options));
    }
    if whole {
        (body["inbox"], body["last_code"], body["version"]) = (json!(0), json!(null), json!("simulated"));
    }
    (status, Json(body)).into_response()
}

async fn status(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let options = lock(&shared.options);
    let now = crate::clock::now().as_millis();
    Json(json!({
        "connected": options.connected,
        "ts": now,
        "state": state_name(&options),
        "since": now - 60_000,
        "last_code": if options.connected { json!(null) } else { json!(401) },
        "version": "simulated",
        "inbox": 2,
        "media_waiting": 1,
        "refused_by_daemon": 0,
        "account": options.account.as_ref().map(|phone| json!({"phone": phone, "lid": null, "name": "Shop"})),
        "qr_expires_at": options.qr.as_ref().map(|_| now + 20_000),
        "pairing_code": options.pairing_code,
        "pairing_code_expires_at": options.pairing_code.as_ref().map(|_| now + 180_000),
        "restriction": options.restricted.then(|| json!({"active": true, "until": now + 3_600_000, "kind": "reach_out"})),
    }))
}

async fn qr(State(shared): State<Arc<Shared>>) -> Response {
    match lock(&shared.options).qr.clone() {
        Some(qr) => Json(json!({"qr": qr, "svg": drawn(&qr)})).into_response(),
        None => error(StatusCode::NOT_FOUND, "no_qr", "no code is waiting"),
    }
}

/// Handles all POST requests except `/send`; the path selects the action.
async fn change(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap_or_else(|_| Bytes::new());
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !asked.is_object() {
        shared.log.violation(Party::Bridge, format!("{path}: the body is no JSON object"));
        return error(StatusCode::BAD_REQUEST, "bad_request", "the body is no JSON object");
    }
    let phone = asked["phone"].as_str().unwrap_or_default().to_owned();
    let note = if phone.is_empty() { path.clone() } else { format!("{path} {phone}") };
    lock(&shared.memory).state.link_requests.push(note);
    let mut options = lock(&shared.options);
    match path.as_str() {
        "/pair" | "/pairing-code" if options.connected => {
            error(StatusCode::CONFLICT, "already_paired", "an account is linked already")
        }
        "/pair" => {
            let qr = format!("2@{}", entropy::random_hex::<24>());
            (options.state, options.pairing_code, options.qr) = ("pairing", None, Some(qr));
            Json(json!({"ok": true, "state": options.state})).into_response()
        }
        "/pairing-code" if !is_number(&phone) => {
            shared.log.violation(Party::Bridge, format!("{path}: phone is {phone:?}"));
            error(StatusCode::BAD_REQUEST, "bad_phone", "phone must be digits with the calling code")
        }
        "/pairing-code" => {
            let code = entropy::random_hex::<4>().to_uppercase();
            (options.state, options.pairing_code, options.qr) = ("pairing", Some(code.clone()), None);
            Json(json!({"ok": true, "code": code})).into_response()
        }
        "/logout" => {
            (options.connected, options.state, options.account) = (false, "unpaired", None);
            (options.qr, options.pairing_code) = (None, None);
            Json(json!({"ok": true})).into_response()
        }
        "/check-link" => {
            let result = options.connected.then_some(options.link_check);
            Json(json!({"ok": true, "result": result})).into_response()
        }
        _ => {
            options.connected = options.account.is_some();
            Json(json!({"ok": true})).into_response()
        }
    }
}

fn state_name(options: &BridgeOptions) -> &'static str {
    if options.connected { "connected" } else { options.state }
}

fn is_number(phone: &str) -> bool {
    (7..=15).contains(&phone.len()) && phone.bytes().all(|byte| byte.is_ascii_digit()) && !phone.starts_with('0')
}

/// Returns an SVG image of a square pattern that depends on the code, in place of a real QR code. A phone cannot scan
/// this pattern.
fn drawn(qr: &str) -> String {
    let mut svg = String::from(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 29 29"><path d=""#);
    let bits = qr.bytes().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
    for (at, _) in bits.enumerate().take(SIDE * SIDE).filter(|(_, dark)| *dark) {
        // Writing to a string cannot fail.
        let _ = write!(svg, "M{} {}h1v1h-1z", at % SIDE, at / SIDE);
    }
    svg + r#""/></svg>"#
}

const SIDE: usize = 25;
