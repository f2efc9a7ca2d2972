//! A webhook of Twilio whose signature is right. A handler cannot get at the parameters of any other.

use super::AppState;
use super::body_budget::{BodyError, UnauthenticatedBody};
use super::connection_limit::Client;
use crate::providers::twilio::forms::Form;
use crate::providers::twilio::signature::{self, Payload, Signature};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The parameters of a signed webhook.
#[derive(Clone, Debug)]
pub struct TwilioForm {
    /// All of them, decoded: of the form, of the JSON object's top level, or of the query.
    pub form: Form,
    /// The body as it came, for the journal.
    pub body: Bytes,
    /// What the body is.
    pub content_type: String,
    /// Its `AccountSid` is that of the settings. Without one in the settings nothing is known against it.
    pub is_of_our_account: bool,
    /// The same webhook came before, with the same signature.
    pub is_repeated: bool,
}

/// A request of which nothing is read yet but its head.
struct Head {
    target: String,
    method: Method,
    content_type: String,
    /// None where no key can have signed it: the header is missing or malformed, or no token is configured.
    signature: Option<Signature>,
}

impl FromRequest<AppState> for TwilioForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let path = request.uri().path().to_owned();
        let head = Head::of(&request, state);
        if head.signature.is_some() {
            let client = request.extensions().get::<Arc<Client>>().cloned();
            let most = state.config().http.max_body_bytes.min(MAX_BODY_BYTES);
            let body = state.bodies.read(request.into_body(), most).await;
            let body = body.map_err(|error| error.into_webhook_response(&path))?;
            if head.has_signed(&body, state) {
                client.inspect(|client| client.authenticate());
                return Ok(Self::read(head, body.bytes, state));
            }
        }
        tracing::warn!(event = "TWILIO_BAD_SIG", path, "{path} was not signed by Twilio; nothing was done");
        Err((StatusCode::FORBIDDEN, "the signature is missing or wrong\n").into_response())
    }
}

impl TwilioForm {
    /// The parameters if Twilio signed the request, else its body, of at most `most` bytes.
    pub(super) async fn read_any(
        request: Request,
        state: &AppState,
        most: usize,
    ) -> Result<Result<Self, Bytes>, BodyError> {
        let head = Head::of(&request, state);
        let body = state.bodies.read(request.into_body(), most).await?;
        Ok(if head.has_signed(&body, state) { Ok(Self::read(head, body.bytes, state)) } else { Err(body.bytes) })
    }

    /// Reads the parameters of a request that is signed.
    fn read(head: Head, body: Bytes, state: &AppState) -> Self {
        let form = if head.method == Method::GET || head.method == Method::HEAD {
            Form::decode(head.target.split_once('?').map_or("", |(_, query)| query).as_bytes(), MAX_PAIRS)
        } else if head.content_type.starts_with("application/json") {
            Form::decode_json(&body, MAX_PAIRS)
        } else {
            Form::decode(&body, MAX_PAIRS)
        };
        let form = form.unwrap_or_else(|| {
            let path = head.target.split('?').next().unwrap_or_default();
            tracing::warn!(
                event = "WEBHOOK_ODD",
                path,
                "A signed request to {path} has more than {MAX_PAIRS} parameters; none is read"
            );
            Form::default()
        });
        let config = state.config();
        let ours = config.twilio.account_sid.as_deref().filter(|sid| !sid.is_empty());
        let is_of_our_account = ours.is_none_or(|sid| form.value("AccountSid") == Some(sid));
        let is_repeated = head.signature.is_some_and(|signature| state.repeats.note(&head.target, signature));
        Self { form, body, content_type: head.content_type, is_of_our_account, is_repeated }
    }
}

impl Head {
    fn of(request: &Request, state: &AppState) -> Self {
        let headers = request.headers();
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let signature = headers.get("x-twilio-signature").and_then(|value| Signature::parse(value.as_bytes()));
        Self {
            target: request.uri().path_and_query().map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
            method: request.method().clone(),
            content_type: content_type.to_owned(),
            signature: signature.filter(|_| state.config().twilio.auth_tokens().next().is_some()),
        }
    }

    fn has_signed(&self, body: &UnauthenticatedBody, state: &AppState) -> bool {
        let Some(signature) = self.signature else { return false };
        let is_form = self.content_type.starts_with("application/x-www-form-urlencoded");
        let payload = match (body.bytes.is_empty(), is_form) {
            (true, _) => Payload::Empty,
            (false, true) if memchr::memchr_iter(b'&', &body.bytes).count() >= MAX_SORTED_PAIRS => return false,
            (false, true) => Payload::EncodedForm(&body.bytes),
            (false, false) => Payload::Raw(&body.bytes),
        };
        let config = state.config();
        signature::is_valid(config.twilio.auth_tokens(), signature, config.http.base_url(), &self.target, payload)
    }
}

/// The longest body. Twilio's have 1 to 2 KiB; a message of 1,600 characters, percent-encoded, has some 20 KiB.
const MAX_BODY_BYTES: usize = 64 << 10;

/// The most parameters that are sorted to compute a signature: 20,000 would take 3 ms, and anybody may send them.
const MAX_SORTED_PAIRS: usize = 4096;

/// The most parameters that are read. Twilio's webhooks have some 30.
const MAX_PAIRS: usize = 300;
