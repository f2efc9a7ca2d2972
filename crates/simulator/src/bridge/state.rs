//! The options and the state of the fake bridge, which its routes share.

use crate::EventLog;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the fake bridge accepts and reports. Can be changed while the bridge runs.
#[derive(Clone, Debug)]
pub struct BridgeOptions {
    /// The expected `X-BAILEYS-SECRET`. If it is `None`, every request except the health check is rejected.
    pub secret: Option<String>,
    /// Whether the WhatsApp session is connected.
    pub connected: bool,
    /// The reported state of the link while the session is not connected, such as `pairing`.
    pub state: &'static str,
    /// The content of the QR code to scan; `None` if no pairing by QR code is in progress.
    pub qr: Option<String>,
    /// The pairing code to type into the phone; `None` if no pairing by code is in progress.
    pub pairing_code: Option<String>,
    /// The phone number of the linked account, in digits; `None` if no account is linked.
    pub account: Option<String>,
    /// Whether WhatsApp prevents the account from writing to new contacts.
    pub restricted: bool,
    /// The result of a link check while connected: `ok`, `no_ack` or `no_echo`.
    pub link_check: &'static str,
    /// Which requests the bridge handles.
    pub behavior: BridgeBehavior,
}

/// Which requests a bridge handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeBehavior {
    /// The bridge handles all requests of the interface.
    Full,
    /// The bridge handles only the required requests: send, health, QR code, pairing code, logout. It responds 404 to
    /// others.
    Minimal,
    /// The bridge accepts connections and never answers.
    Hanging,
}

impl BridgeOptions {
    /// Creates the options of a connected bridge with this secret.
    pub fn connected(secret: impl Into<String>) -> Self {
        Self {
            secret: Some(secret.into()),
            connected: true,
            state: "connecting",
            qr: None,
            pairing_code: None,
            account: Some("972541112233".into()),
            restricted: false,
            link_check: "ok",
            behavior: BridgeBehavior::Full,
        }
    }
}

/// How a send request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeFault {
    /// The bridge sends the message and does not respond.
    HangAfterSend,
    /// The bridge does not send the message and does not respond.
    HangBefore,
    /// The bridge does not send the message and responds 503.
    NotConnected,
    /// The bridge does not send the message and responds 422: the number is not on WhatsApp.
    Refused,
    /// The bridge does not send the message and responds 500.
    Broken,
    /// The bridge sends the message and responds 504, which leaves the outcome unknown to the daemon.
    UnknownSent,
    /// The bridge does not send the message and responds 504, which leaves the outcome unknown to the daemon.
    UnknownNotSent,
}

/// A message that the daemon sent through the bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BridgeSent {
    /// The recipient, as in the request.
    pub to: String,
    /// `text`, `image`, `audio`, `video` or `document`.
    pub kind: String,
    /// The text of the message, or the caption of the file; empty if there is none.
    pub text: String,
    /// The URL of the file to send; `None` if the request has none.
    pub media_url: Option<String>,
    /// The idempotency key of the request.
    pub key: String,
    /// WhatsApp's id of the message.
    pub provider_msg_id: String,
}

/// The requests that the bridge has received, and the messages that it has sent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BridgeState {
    /// Sent messages, in order. A repeated request adds no second entry.
    pub sent: Vec<BridgeSent>,
    /// The number of send requests with the right secret, repeated and failed ones included.
    pub requests: usize,
    /// The number of health requests that were answered.
    pub health_checks: usize,
    /// The paths of the POST requests except `/send`, each followed by the `phone` of its body if it has one. A request
    /// whose body is no JSON object is not included.
    pub link_requests: Vec<String>,
    /// The ids of the media files that the daemon has deleted.
    pub released: Vec<String>,
}

/// A media file of a message, with the state of its download from WhatsApp.
#[derive(Clone, Debug)]
pub enum BridgeFile {
    /// The bridge has the file, and returns it.
    Ready {
        /// The MIME type, sent as `Content-Type`.
        mime: &'static str,
        /// The body of the response.
        content: &'static str,
    },
    /// The bridge is still downloading the file from WhatsApp, and responds 503 with `Retry-After`.
    OnItsWay,
    /// The file is no longer available at WhatsApp; the bridge responds 410.
    Gone,
}

pub(super) struct Shared {
    pub(super) log: EventLog,
    pub(super) options: Mutex<BridgeOptions>,
    pub(super) faults: Mutex<VecDeque<BridgeFault>>,
    pub(super) memory: Mutex<Memory>,
}

#[derive(Default)]
pub(super) struct Memory {
    pub(super) state: BridgeState,
    pub(super) by_key: BTreeMap<String, (Value, String)>,
    pub(super) files: BTreeMap<String, BridgeFile>,
}

pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"ok": false, "error": {"code": code, "message": message}}))).into_response()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
