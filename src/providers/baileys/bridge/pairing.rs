//! Requests that link and unlink the account, reconnect at once, check the link, and delete the data of a contact.

use super::http::{BridgeResponse, line};
use super::{Bridge, LinkState};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// A QR code. The owner scans it with WhatsApp on the phone to link the account. Has no `Debug`, because anyone who
/// reads a QR code in a log could link the account.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    pub text: String,
    /// The QR code as SVG, drawn by the bridge. Show it only as an image (`<img>`): as markup, it could run scripts.
    pub svg: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkCheck {
    /// The link transmits messages in both directions.
    Works,
    /// WhatsApp does not acknowledge messages from the bridge.
    NoAck,
    /// WhatsApp acknowledges messages from the bridge, but the bridge receives none.
    NoEcho,
    /// No account is linked, or the link was lost during the check.
    NotConnected,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeError {
    /// The bridge could not be reached, did not prove that it has the secret, or rejected the secret. The state gives
    /// the cause.
    Unavailable(LinkState),
    /// The bridge does not support the request: its version is older than the daemon's, or it is not the bundled
    /// bridge.
    Unsupported,
    /// The bridge rejected the request, or its response has unexpected content.
    Refused {
        status: u16,
        /// The bridge's error code, such as `already_paired`; may be empty.
        code: String,
        /// The bridge's error message; may be empty.
        message: String,
    },
}

impl Bridge {
    /// Returns `None` if the bridge shows no QR code.
    pub(super) async fn qr_code(&self, limit: Duration) -> Result<Option<QrCode>, BridgeError> {
        let answer = self.request(Method::GET, "/qr", None, limit).await.map_err(BridgeError::Unavailable)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let body = success_body(answer)?;
        let text = body["qr"].as_str().filter(|text| !text.is_empty());
        Ok(text.map(|text| QrCode { text: text.to_owned(), svg: svg(&body["svg"]) }))
    }

    /// Makes the bridge show QR codes again. Returns the resulting state.
    pub async fn pair(&self) -> Result<LinkState, BridgeError> {
        let body = self.post("/pair", &json!({})).await?;
        Ok(LinkState::from_code(body["state"].as_str()))
    }

    /// Requests a pairing code for the phone with this number (digits without `+`). The user types the code into that
    /// phone.
    pub async fn pairing_code(&self, digits: &str) -> Result<String, BridgeError> {
        let body = self.post("/pairing-code", &json!({ "phone": digits })).await?;
        let raw_code = body["code"].as_str().unwrap_or_default();
        let code: String = raw_code.chars().filter(char::is_ascii_alphanumeric).take(MAX_CODE).collect();
        if code.is_empty() { Err(unexpected_response(StatusCode::OK, &body)) } else { Ok(code) }
    }

    /// Unlinks the account from WhatsApp. The bridge archives the session.
    pub async fn log_out(&self) -> Result<(), BridgeError> {
        self.post("/logout", &json!({})).await.map(drop)
    }

    pub async fn reconnect(&self) -> Result<(), BridgeError> {
        self.post("/reconnect", &json!({})).await.map(drop)
    }

    /// Checks the link in both directions. The bridge sends the account's own phone a message that is not shown in any
    /// chat.
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

    /// Deletes the data of these addresses in the bridge, such as events that wait for the daemon, sent messages, and
    /// files. An address is a number in digits, or `…@lid`.
    pub async fn forget(&self, addresses: &[String]) -> Result<(), BridgeError> {
        self.post("/forget", &json!({ "addresses": addresses })).await.map(drop)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, BridgeError> {
        success_body(
            self.request(Method::POST, path, Some(body), CHANGE_TIMEOUT).await.map_err(BridgeError::Unavailable)?,
        )
    }
}

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

fn svg(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (text.starts_with("<svg") || text.starts_with("<?xml")).then(|| text.to_owned())
}

/// Timeout of a request that changes the link. Most of these requests wait for WhatsApp.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(15);
/// Timeout of a check of the link: slightly longer than the bridge waits for the account's phone.
const CHECK_TIMEOUT: Duration = Duration::from_secs(65);
const MAX_CODE: usize = 16;
