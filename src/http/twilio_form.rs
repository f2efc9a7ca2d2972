//! A webhook of Twilio whose signature is right. A handler cannot get at the parameters of any other.

use super::AppState;
use crate::providers::twilio::forms::Form;
use crate::providers::twilio::signature::{self, Payload};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

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

impl FromRequest<AppState> for TwilioForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let path = request.uri().path().to_owned();
        let (form, is_signed) = Self::check(request, state).await?;
        if is_signed {
            return Ok(form);
        }
        tracing::warn!(event = "TWILIO_BAD_SIG", path, "{path} was not signed by Twilio; nothing was done");
        Err((StatusCode::FORBIDDEN, "the signature is missing or wrong\n").into_response())
    }
}

impl TwilioForm {
    /// The parameters of any request, and whether Twilio signed it; none if its body cannot be read.
    pub(super) async fn read_any(request: Request, state: &AppState) -> Option<(Self, bool)> {
        Self::check(request, state).await.ok()
    }

    async fn check(request: Request, state: &AppState) -> Result<(Self, bool), Response> {
        let target = request.uri().path_and_query().map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned());
        let (headers, method) = (request.headers().clone(), request.method().clone());
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let mut form = Self::read(&method, &target, &headers, body);
        let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok());
        let signature = signature.filter(|signature| form.is_signed(state, &target, signature));
        if let Some(signature) = signature {
            let config = state.config();
            let ours = config.twilio.account_sid.as_deref().filter(|sid| !sid.is_empty());
            form.is_of_our_account = ours.is_none_or(|sid| form.form.value("AccountSid") == Some(sid));
            form.is_repeated = state.repeats.note(&target, signature);
        }
        Ok((form, signature.is_some()))
    }

    /// Reads the parameters without any check.
    fn read(method: &Method, target: &str, headers: &HeaderMap, body: Bytes) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.to_owned();
        let form = if *method == Method::GET || *method == Method::HEAD {
            Form::decode(target.split_once('?').map_or("", |(_, query)| query).as_bytes())
        } else if is_json(&content_type) {
            Form::decode_json(&body)
        } else {
            Form::decode(&body)
        };
        Self { form, body, content_type, is_of_our_account: false, is_repeated: false }
    }

    fn is_signed(&self, state: &AppState, target: &str, signature: &str) -> bool {
        let is_form = self.content_type.starts_with("application/x-www-form-urlencoded");
        let payload = match (self.body.is_empty(), is_form) {
            (true, _) => Payload::Empty,
            (false, true) => Payload::Form(self.form.pairs()),
            (false, false) => Payload::Raw(&self.body),
        };
        let config = state.config();
        let tokens = config.twilio.auth_tokens();
        signature::is_valid(tokens, signature, config.http.base_url(), target, payload)
    }
}

fn is_json(content_type: &str) -> bool {
    content_type.starts_with("application/json")
}
