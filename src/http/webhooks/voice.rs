//! Twilio's voice webhooks. A call never depends on the store: if the database fails, the caller still gets a response.

mod answer_call;
mod record;
mod ring;
mod status;
mod stream;
mod transfer;

pub(super) use record::PATH as RECORDER;

use super::super::{AppState, TwilioForm};
use crate::config::say_language;
use crate::crm::call::IncomingCall;
use crate::crm::webhook_log::{RawWebhook, Subject, log_webhook};
use crate::domain::{CallSid, Language};
use crate::messages::{self, Phrase};
use crate::providers::twilio::forms::Form;
use crate::providers::twilio::forms::caller_id;
use crate::providers::twilio::twiml::{self, Verb};
use crate::store::WebhookOutcome;
use crate::{clock, store};
use axum::Router;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::time::Duration;

/// What is malformed about a webhook without a call.
const NO_CALL: &str = "no call of the configured account";
/// How long a caller waits for the database.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// The routes of the voice webhooks.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/webhook/incoming_call", get(answer_call::preview).post(answer_call::call))
        .route("/webhook/stream_ended", post(stream::ended))
        .route(transfer::PATH, post(transfer::handle))
        .route(ring::PATH, post(ring::ended))
        .route("/webhook/stream_status", post(stream::status))
        .route("/webhook/handle_recording", post(record::handle))
        .route("/webhook/recording_status", post(status::recording))
        .route("/webhook/call_status", post(status::call))
}

pub(super) fn answer(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], twiml::document(verbs)).into_response()
}

/// Speaks a text by one of Twilio's voices, in the voice's own language.
pub(super) fn say(voice: &str, text: &str) -> Verb {
    let language = say_language(voice).unwrap_or_default().to_owned();
    Verb::Say { text: text.to_owned(), voice: voice.to_owned(), language }
}

/// Speaks a phrase by one of Twilio's voices.
pub(super) fn say_phrase(voice: &str, phrase: &Phrase) -> Verb {
    say(voice, &messages::text(language_of(voice), phrase))
}

/// The language in which a voice speaks phrases.
fn language_of(voice: &str) -> Language {
    Language::for_tag(say_language(voice).unwrap_or_default())
}

/// The URL of a path at this server, for Twilio.
fn public_url(state: &AppState, path: &str) -> String {
    format!("{}{path}", state.config().http.base_url())
}

/// The call of a webhook; none if it has none, or belongs to another account.
fn call_sid(form: &TwilioForm) -> Option<CallSid> {
    form.form.value("CallSid").filter(|_| form.is_own_account)?.parse().ok()
}

/// The decoded query of a URL that we gave Twilio; none if the URL has no query, or more than `MAX_PAIRS` parameters.
fn own_query(uri: &Uri) -> Option<Form> {
    /// Our URLs have two parameters at most; Twilio may add `bodySHA256`.
    const MAX_PAIRS: usize = 8;
    Form::decode(uri.query()?.as_bytes(), MAX_PAIRS)
}

/// Twilio's values of `StirVerstat` for a number that failed the check begin with this.
const STIR_FAILED: &str = "TN-Validation-Failed";

/// The call as described by its webhook.
fn incoming(form: &TwilioForm, call_sid: CallSid) -> IncomingCall {
    let value = |name: &str| form.form.value(name).unwrap_or_default().to_owned();
    let from = caller_id(&value("From")).to_owned();
    let is_unverified = value("StirVerstat").starts_with(STIR_FAILED);
    let (to, forwarded_from) = (value("To"), value("ForwardedFrom"));
    IncomingCall { call_sid, from, to, forwarded_from, is_unverified, may_be_forwarded_back: false }
}

fn raw(form: &TwilioForm, path: &'static str) -> RawWebhook {
    RawWebhook {
        source: "twilio",
        path,
        content_type: form.content_type.clone(),
        body: form.body.clone(),
        is_repeated: form.is_repeated,
    }
}

/// Stores what can be stored in time; the caller gets a response in any case.
async fn store_best_effort<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&store::WriteTx<'_>) -> store::Result<T> + Send + 'static,
) -> Option<T> {
    match tokio::time::timeout(STORE_TIMEOUT, state.store.write(work)).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(event = "CALL_NOT_STORED", error, "Cannot store a webhook of a call; the call continues");
            None
        }
        Err(_elapsed) => {
            tracing::error!(
                event = "CALL_NOT_STORED",
                "A webhook of a call was not stored within {STORE_TIMEOUT:?}; the call continues"
            );
            None
        }
    }
}

/// Stores a signed but malformed webhook in the webhook log.
async fn log_malformed(state: &AppState, form: &TwilioForm, path: &'static str, why: &'static str) {
    tracing::warn!(event = "WEBHOOK_MALFORMED", path, why, "Malformed webhook at {path}: {why}; stored unprocessed");
    let raw = raw(form, path);
    store_best_effort(state, move |tx| {
        log_webhook(tx, &raw, WebhookOutcome::Malformed, why, Subject::default(), clock::now())
    })
    .await;
}
