//! The bridge's one.

use super::take;
use crate::crm::inbox::Raw;
use crate::http::AppState;
use crate::providers::baileys::{signature, webhook};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) const PATH: &str = "/webhook/whatsapp/baileys";

pub(super) async fn event(State(app): State<AppState>, signed: BridgeBody) -> Response {
    let read = webhook::read(&signed.body, app.config().whatsapp.country());
    let raw =
        Raw { source: "baileys", path: PATH, content_type: signed.content_type, body: signed.body, is_repeated: false };
    take(&app, read, raw).await
}

/// The body of a webhook that is the bridge's. A handler cannot get at any other.
pub(super) struct BridgeBody {
    content_type: String,
    body: Bytes,
}

impl FromRequest<AppState> for BridgeBody {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        let value = |name: &str| headers.get(name).map(|value| value.as_bytes());
        let (proof, token) = (value(signature::SIGNATURE), value(signature::SECRET));
        if signature::is_valid(&app.config().whatsapp, proof, token, &body) {
            return Ok(Self { content_type: content_type(&headers), body });
        }
        tracing::warn!(
            event = "WA_BAILEYS_BAD_SIG",
            path = PATH,
            "A request for {PATH} did not come from the bridge; nothing was done"
        );
        Err((StatusCode::FORBIDDEN, "the signature or the secret is missing or wrong\n").into_response())
    }
}

fn content_type(headers: &HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
