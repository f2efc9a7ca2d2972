//! Linking the account, unlinking it, and trying and checking at once instead of later.

use super::http::{BridgeResponse, line};
use super::{Bridge, LinkState};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// A QR code that waits to be scanned. No `Debug`: anyone who sees it can link the account.
#[derive(Clone)]
pub struct QrCode {
    /// The encoded text.
    pub text: String,
    /// The drawing from the bridge. Only safe to show as an image (`<img>`), never as markup.
    pub svg: Option<String>,
}

/// What a check of the link has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkCheck {
    /// Messages go both ways.
    Works,
    /// WhatsApp acknowledges nothing that we send.
    NoAck,
    /// It does, but nothing comes back.
    NoEcho,
    /// No account is linked, or the link was lost meanwhile.
    NotConnected,
}

/// Why the bridge did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeError {
    /// The bridge was not reached, or rejected the secret; the state says which.
    Unavailable(LinkState),
    /// The bridge does not support the request: it is older than the daemon, or not the bundled one.
    Unsupported,
    /// The bridge rejected the request.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its error code, such as `already_paired`.
        code: String,
        /// Its message; may be empty.
        message: String,
    },
}

impl Bridge {
    /// The QR code that waits to be scanned, if there is one.
    pub(super) async fn qr_code(&self, limit: Duration) -> Result<Option<QrCode>, BridgeError> {
        let answer = self.request(Method::GET, "/qr", None, limit).await.map_err(BridgeError::Unavailable)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let body = success_body(answer)?;
        let text = body["qr"].as_str().filter(|text| !text.is_empty());
        Ok(text.map(|text| QrCode { text: text.to_owned(), svg: svg(&body["svg"]) }))
    }

    /// Starts to show QR codes again; returns the resulting state.
    pub async fn pair(&self) -> Result<LinkState, BridgeError> {
        let body = self.post("/pair", &json!({})).await?;
        Ok(LinkState::from_code(body["state"].as_str()))
    }

    /// Requests a pairing code to be typed into the phone with this number: digits without `+`.
    pub async fn pairing_code(&self, digits: &str) -> Result<String, BridgeError> {
        let body = self.post("/pairing-code", &json!({ "phone": digits })).await?;
        let raw_code = body["code"].as_str().unwrap_or_default();
        let code: String = raw_code.chars().filter(char::is_ascii_alphanumeric).take(MAX_CODE).collect();
        if code.is_empty() { Err(unexpected_response(StatusCode::OK, &body)) } else { Ok(code) }
    }

    /// Unlinks the account at WhatsApp; the bridge archives the session.
    pub async fn log_out(&self) -> Result<(), BridgeError> {
        self.post("/logout", &json!({})).await.map(drop)
    }

    /// Makes the bridge reconnect at once.
    pub async fn reconnect(&self) -> Result<(), BridgeError> {
        self.post("/reconnect", &json!({})).await.map(drop)
    }

    /// Checks the link in both directions now, by a message to the account's own phone that no chat shows.
    pub async fn check_link(&self) -> Result<LinkCheck, BridgeError> {
        let response = self.request(Method::POST, "/check-link", Some(&json!({})), CHECK_TIMEOUT).await;
        let body = success_body(response.map_err(BridgeError::Unavailable)?)?;
        match body["result"].as_str() {
            Some("ok") => Ok(LinkCheck::Works),
            Some("no_ack") => Ok(LinkCheck::NoAck),
            Some("no_echo") => Ok(LinkCheck::NoEcho),
            None => Ok(LinkCheck::NotConnected),
            Some(_) => Err(unexpected_response(StatusCode::OK, &body)),
        }
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, BridgeError> {
        success_body(
            self.request(Method::POST, path, Some(body), CHANGE_TIMEOUT).await.map_err(BridgeError::Unavailable)?,
        )
    }
}

/// The body of a successful response.
fn success_body(answer: BridgeResponse) -> Result<Value, BridgeError> {
    let BridgeResponse { status, body } = answer;
    match status {
        status if status.is_success() && body["ok"] != false => Ok(body),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(BridgeError::Unavailable(LinkState::Unauthorized)),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            Err(BridgeError::Unsupported)
        }
        status => Err(unexpected_response(status, &body)),
    }
}

fn unexpected_response(status: StatusCode, body: &Value) -> BridgeError {
    let field = |name: &str| line(&body["error"][name]).unwrap_or_default();
    BridgeError::Refused { status: status.as_u16(), code: field("code"), message: field("message") }
}

/// The SVG, if it looks like one.
fn svg(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (text.starts_with("<svg") || text.starts_with("<?xml")).then(|| text.to_owned())
}

/// Timeout of a change: most of them involve WhatsApp.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the bridge waits for the account's phone, and a little more.
const CHECK_TIMEOUT: Duration = Duration::from_secs(65);
const MAX_CODE: usize = 16;
