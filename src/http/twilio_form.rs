//! Extractor for webhooks with a valid Twilio signature.

use super::AppState;
use super::body_budget::{BodyError, UnauthenticatedBody};
use super::connection_limit::Client;
use super::peer::{self, Peer};
use crate::providers::twilio::forms::Form;
use crate::providers::twilio::signature::{self, Payload, Signature};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct TwilioForm {
    /// The parameters of the form, the top level of the JSON object, or the query; empty if they are malformed or more
    /// than `MAX_PAIRS`, or if one has an invalid name.
    pub form: Form,
    /// The raw body, for the webhook log.
    pub body: Bytes,
    pub content_type: String,
    /// Whether `AccountSid` is the configured account, or no account is configured.
    pub is_own_account: bool,
    /// Whether a recent webhook had the same target and signature.
    pub is_repeated: bool,
}

/// A request with or without a valid signature.
pub(super) enum AnyForm {
    Signed(TwilioForm),
    Unsigned(Bytes),
}

/// The head of a request whose body has not been read yet.
struct Head {
    target: String,
    method: Method,
    content_type: String,
    /// None if the signature cannot be valid: the header is missing or malformed, or no token is configured.
    signature: Option<Signature>,
}

impl FromRequest<AppState> for TwilioForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let path = request.uri().path().to_owned();
        let peer = request.extensions().get::<Peer>().copied();
        let head = Head::of(&request, state);
        if head.signature.is_some() {
            let client = request.extensions().get::<Arc<Client>>().cloned();
            let body = state.bodies.read(request.into_body(), MAX_BODY_BYTES).await;
            let body = body.map_err(|error| error.into_webhook_response(&path))?;
            if let Ok(form) = head.read(body, state) {
                client.inspect(|client| client.authenticate());
                return Ok(form);
            }
        }
        let sender = peer::sender(peer);
        tracing::warn!(
            event = "TWILIO_BAD_SIG",
            path,
            address = sender,
            "Request to {path} from {sender} rejected: missing or invalid Twilio signature, or more than {MAX_SIGNED_PAIRS} parameters. If Twilio sent it, http.public_base_url or twilio.auth_token is wrong or missing"
        );
        Err((StatusCode::FORBIDDEN, "the signature is missing or wrong\n").into_response())
    }
}

impl TwilioForm {
    pub(super) async fn read_any(request: Request, state: &AppState, max_bytes: usize) -> Result<AnyForm, BodyError> {
        let head = Head::of(&request, state);
        let body = state.bodies.read(request.into_body(), max_bytes).await?;
        Ok(head.read(body, state).map_or_else(AnyForm::Unsigned, AnyForm::Signed))
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

    /// Returns the parameters if the signature is valid for one of the tokens, otherwise the body.
    fn read(self, body: UnauthenticatedBody, state: &AppState) -> Result<TwilioForm, Bytes> {
        let config = state.config();
        let is_form = self.content_type.starts_with("application/x-www-form-urlencoded");
        let form = if is_form { Form::decode(&body.bytes, MAX_SIGNED_PAIRS) } else { None };
        let payload = match &form {
            _ if body.bytes.is_empty() => Payload::Empty,
            Some(form) => Payload::Form(form.pairs()),
            // A form with thousands of parameters is rejected before they are sorted, which would take milliseconds; any
            // client may send such a form. Twilio does not.
            None if is_form => return Err(body.bytes),
            None => Payload::Raw(&body.bytes),
        };
        let (keys, base_url) = (config.twilio.auth_tokens(), config.http.base_url());
        let signed = |signature: &Signature| signature::is_valid(keys, *signature, base_url, &self.target, payload);
        let Some(signature) = self.signature.filter(signed) else { return Err(body.bytes) };
        let form = form.filter(|_| !body.bytes.is_empty()).or_else(|| self.parameters(&body.bytes));
        let is_usable = |form: &Form| form.pairs().len() <= MAX_PAIRS && has_valid_names(form);
        let form = form.filter(is_usable).unwrap_or_else(|| {
            let path = self.target.split('?').next().unwrap_or_default();
            tracing::warn!(
                event = "WEBHOOK_MALFORMED",
                path,
                "The parameters of a signed request to {path} are not used: they are malformed, more than {MAX_PAIRS}, or one has an invalid name"
            );
            Form::default()
        });
        let own_account_sid = config.twilio.account_sid.as_deref().filter(|sid| !sid.is_empty());
        Ok(TwilioForm {
            is_own_account: own_account_sid.is_none_or(|sid| form.value("AccountSid") == Some(sid)),
            is_repeated: state.replay_cache.record(&self.target, signature),
            form,
            body: body.bytes,
            content_type: self.content_type,
        })
    }

    fn parameters(&self, body: &[u8]) -> Option<Form> {
        if self.method == Method::GET || self.method == Method::HEAD {
            Form::decode(self.target.split_once('?').map_or("", |(_, query)| query).as_bytes(), MAX_PAIRS)
        } else if self.content_type.starts_with("application/json") {
            Form::decode_json(body, MAX_PAIRS)
        } else {
            Form::decode(body, MAX_PAIRS)
        }
    }
}

/// Returns true if each parameter has a name that Twilio may use. The signed text has no separator between the path and
/// the first name. Without this check, an attacker could replay a captured status webhook as a message, with the
/// shorter path and `/status` as the start of the first name.
fn has_valid_names(form: &Form) -> bool {
    let is_name = |name: &str| name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
    form.pairs().iter().all(|(name, _)| is_name(name))
}

/// The maximum length of a body, whatever `http.max_body_bytes` is: a limit that was set too low must not reject calls
/// and messages. Twilio's bodies have 1 to 2 KiB; a message of 1,600 characters, percent-encoded, has
/// about 20 KiB.
const MAX_BODY_BYTES: usize = 64 << 10;

/// The maximum number of parameters. A signed request with more parameters is logged, and none of them is used. Twilio's
/// webhooks have about 30.
const MAX_PAIRS: usize = 300;
/// A form with more parameters is rejected before its signature is verified, because the verification sorts the
/// parameters.
const MAX_SIGNED_PAIRS: usize = 3000;
