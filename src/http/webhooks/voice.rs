//! Twilio's voice webhooks. Calls do not depend on the store: if the database fails, the caller still gets a response.

mod answer_call;
mod outbound;
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
use crate::runtime::outbound_calls::{ANSWERED_PATH, MACHINE_PATH};
use crate::store::WebhookOutcome;
use crate::{clock, store};
use axum::Router;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::time::Duration;

/// The log text for a webhook without a call of this account.
const NO_CALL: &str = "no call of the configured account";
/// The maximum time that the response to a webhook waits for one write to the database.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

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
        .route(ANSWERED_PATH, post(outbound::answered))
        .route(MACHINE_PATH, post(outbound::machine))
        .route(outbound::MESSAGE_PATH, post(outbound::message))
}

pub(super) fn answer(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], twiml::document(verbs)).into_response()
}

/// Creates a verb that speaks a text with one of Twilio's voices, in the voice's language.
pub(super) fn say(voice: &str, text: &str) -> Verb {
    let language = say_language(voice).unwrap_or_default().to_owned();
    Verb::Say { text: text.to_owned(), voice: voice.to_owned(), language }
}

/// Creates a verb that speaks a phrase with one of Twilio's voices.
pub(super) fn say_phrase(voice: &str, phrase: &Phrase) -> Verb {
    say(voice, &messages::text(language_of(voice), phrase))
}

/// Returns the language in which a voice speaks phrases.
fn language_of(voice: &str) -> Language {
    Language::for_tag(say_language(voice).unwrap_or_default())
}

/// Returns the public URL of a path of this server, which Twilio requests.
fn public_url(state: &AppState, path: &str) -> String {
    format!("{}{path}", state.config().http.base_url())
}

/// Returns the call of a webhook; none if the webhook has no call, or belongs to another account.
fn call_sid(form: &TwilioForm) -> Option<CallSid> {
    form.form.value("CallSid").filter(|_| form.is_own_account)?.parse().ok()
}

/// Returns the decoded query of a URL that this server gave to Twilio; none if the URL has no query, or more than
/// `MAX_PAIRS` parameters.
fn own_query(uri: &Uri) -> Option<Form> {
    /// Our URLs have two parameters at most; Twilio may add `bodySHA256`.
    const MAX_PAIRS: usize = 8;
    Form::decode(uri.query()?.as_bytes(), MAX_PAIRS)
}

/// The prefix of Twilio's `StirVerstat` values for a caller number that failed verification.
const STIR_FAILED: &str = "TN-Validation-Failed";

/// Converts a webhook into the call that it describes.
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

/// Writes a webhook of a call to the store with a timeout, and logs a failure. `sid` names the call in the log. Returns
/// none on failure, so that the person who calls still gets a response.
async fn store_best_effort<T: Send + 'static>(
    state: &AppState,
    sid: &str,
    work: impl FnOnce(&store::WriteTx<'_>) -> store::Result<T> + Send + 'static,
) -> Option<T> {
    match tokio::time::timeout(STORE_TIMEOUT, state.store.write(work)).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                event = "CALL_WEBHOOK_NOT_STORED",
                call.sid = sid,
                error,
                "Cannot store a webhook of call {sid}; Twilio gets a response nevertheless"
            );
            None
        }
        Err(_elapsed) => {
            tracing::error!(
                event = "CALL_WEBHOOK_NOT_STORED",
                call.sid = sid,
                "A webhook of call {sid} was not stored within {STORE_TIMEOUT:?}; Twilio gets a response nevertheless"
            );
            None
        }
    }
}

/// Adds a webhook that has a valid signature but malformed content to the webhook log.
async fn log_malformed(state: &AppState, form: &TwilioForm, path: &'static str, why: &'static str) {
    let raw = raw(form, path);
    let stored = store_best_effort(state, form.form.value("CallSid").unwrap_or("unknown"), move |tx| {
        log_webhook(tx, &raw, WebhookOutcome::Malformed, why, Subject::default(), clock::now())
    });
    let outcome = if stored.await.is_some() { "it is stored but not processed" } else { "it is not processed" };
    tracing::warn!(event = "WEBHOOK_MALFORMED", path, why, "Malformed webhook at {path}: {why}; {outcome}");
}
