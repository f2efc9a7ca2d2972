//! The bridge's webhook.

use super::ingest::ingest;
use crate::crm::webhook_log::RawWebhook;
use crate::domain::{Provider, is_hex};
use crate::http::connection_limit::Client;
use crate::http::{AppState, Peer, peer};
use crate::providers::baileys::bridge::{NONCE, PROOF};
use crate::providers::baileys::signature::{self, Proof};
use crate::providers::baileys::webhook;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) const PATH: &str = "/webhook/whatsapp/baileys";

pub(super) async fn event(State(app): State<AppState>, signed: BridgeBody) -> Response {
    let read = webhook::read(&signed.body, app.config().business.country);
    let raw = RawWebhook {
        source: Provider::Baileys,
        path: PATH,
        content_type: signed.content_type,
        body: signed.body,
        is_repeated: false,
    };
    ingest(&app, read, raw).await
}

/// Proves to the bridge that this program is the daemon. Otherwise, the bridge could send its secret to another program
/// that listens on this port. Only requests from this machine are answered, because other clients could use the proof
/// to guess the secret.
pub(super) async fn proof(State(app): State<AppState>, peer: Peer, headers: HeaderMap) -> Response {
    let nonce = headers.get(NONCE).and_then(|nonce| nonce.to_str().ok()).filter(|nonce| is_nonce(nonce));
    let config = app.config();
    match (nonce, config.whatsapp.hmac_secret()) {
        (Some(nonce), Some(secret)) if peer.is_local() => {
            let proof = signature::sign(secret, format!("agentlocator daemon proof\n{nonce}").as_bytes());
            (StatusCode::NO_CONTENT, [(PROOF, proof)]).into_response()
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response(),
    }
}

fn is_nonce(text: &str) -> bool {
    (32..=64).contains(&text.len()) && is_hex(text.as_bytes())
}

/// The body of an authenticated webhook of the bridge.
pub(super) struct BridgeBody {
    content_type: String,
    body: Bytes,
}

impl FromRequest<AppState> for BridgeBody {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let (head, body) = request.into_parts();
        let config = app.config();
        let content_type = content_type(&head.headers);
        let value = |name: &str| head.headers.get(name).map(|value| value.as_bytes());
        let max_bytes = config.http.max_body_bytes.max(MIN_LIMIT);
        match signature::proof(&config.whatsapp, value(signature::SIGNATURE), value(signature::SECRET)) {
            Proof::Token => {
                Client::mark_authenticated(&head.extensions);
                let mut request = Request::from_parts(head, body);
                DefaultBodyLimit::max(max_bytes).apply(&mut request);
                let body = Bytes::from_request(request, app).await;
                return Ok(Self { content_type, body: body.map_err(IntoResponse::into_response)? });
            }
            Proof::Signature(signature) => {
                let body = app.bodies.read(body, max_bytes).await.map_err(|error| error.into_webhook_response(PATH))?;
                if signature::is_signed(&config.whatsapp, signature, &body.bytes) {
                    Client::mark_authenticated(&head.extensions);
                    return Ok(Self { content_type, body: body.bytes });
                }
            }
            Proof::None => {}
        }
        let sender = peer::sender(head.extensions.get().copied());
        tracing::warn!(
            event = "WA_BAILEYS_BAD_SIG",
            path = PATH,
            address = sender,
            "Request to {PATH} from {sender} rejected: it is not authenticated as the bridge's. If the bridge sent it, daemon and bridge have different secrets"
        );
        Err((StatusCode::FORBIDDEN, "the signature or the secret is missing or wrong\n").into_response())
    }
}

/// The smallest limit of a body: if `http.max_body_bytes` was set too low, events must not be rejected.
const MIN_LIMIT: usize = 1 << 20;

fn content_type(headers: &HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
