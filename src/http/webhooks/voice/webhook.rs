//! Functions that all voice webhooks use: to read the call, to store the webhook, and to build URLs of this server.

use crate::crm::call::IncomingCall;
use crate::crm::webhook_log::{RawWebhook, Subject, log_webhook};
use crate::domain::{CallSid, Provider};
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::forms::{Form, caller_id};
use crate::store::WebhookOutcome;
use crate::{clock, store};
use axum::http::Uri;
use std::time::Duration;

/// The reason for which a webhook without a call of this account is malformed, for the logs.
pub(super) const NO_CALL: &str = "no call of the configured account";
/// The maximum time that the response to a webhook waits for one read or write of the database.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) fn public_url(state: &AppState, path: &str) -> String {
    format!("{}{path}", state.config().http.base_url())
}

/// Returns the id of the call that a webhook is about; none if the webhook has no valid call id, or belongs to another
/// account.
pub(super) fn call_sid(form: &TwilioForm) -> Option<CallSid> {
    form.form.value("CallSid").filter(|_| form.is_own_account)?.parse().ok()
}

/// Returns true if the agent made this call; false also if the database fails or does not answer in time.
pub(super) async fn is_outbound(state: &AppState, sid: &CallSid) -> bool {
    let asked = sid.clone();
    let found = state.store.read(move |tx| Ok(tx.outbound_call_by_sid(&asked)?.is_some()));
    matches!(tokio::time::timeout(STORE_TIMEOUT, found).await, Ok(Ok(true)))
}

/// Returns the decoded query of a URL that this server gave to Twilio; none if the URL has no query, or more than
/// `MAX_PAIRS` parameters.
pub(super) fn own_query(uri: &Uri) -> Option<Form> {
    /// The URLs that this server gives to Twilio have at most two parameters; Twilio may add `bodySHA256`.
    const MAX_PAIRS: usize = 8;
    Form::decode(uri.query()?.as_bytes(), MAX_PAIRS)
}

/// The prefix of Twilio's `StirVerstat` values for a caller number that failed verification.
const STIR_FAILED: &str = "TN-Validation-Failed";

pub(super) fn incoming(form: &TwilioForm, call_sid: CallSid) -> IncomingCall {
    let value = |name: &str| form.form.value(name).unwrap_or_default().to_owned();
    let from = caller_id(&value("From")).to_owned();
    let is_unverified = value("StirVerstat").starts_with(STIR_FAILED);
    let (to, forwarded_from) = (value("To"), value("ForwardedFrom"));
    IncomingCall { call_sid, from, to, forwarded_from, is_unverified, may_be_forwarded_back: false }
}

pub(super) fn raw(form: &TwilioForm, path: &'static str) -> RawWebhook {
    RawWebhook {
        source: Provider::Twilio,
        path,
        content_type: form.content_type.clone(),
        body: form.body.clone(),
        is_repeated: form.is_repeated,
    }
}

/// Runs a write for a webhook of a call; `path` and `sid` name both in the log message. Returns none on failure or
/// after [`STORE_TIMEOUT`], so that the webhook can still be answered; after the timeout, the write may still be done
/// later.
pub(super) async fn store_best_effort<T: Send + 'static>(
    state: &AppState,
    path: &'static str,
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
                path,
                error,
                "Cannot store the changes for the webhook at {path} of call {sid}; Twilio gets a response nevertheless"
            );
            None
        }
        Err(_elapsed) => {
            tracing::error!(
                event = "CALL_WEBHOOK_NOT_STORED",
                call.sid = sid,
                path,
                "The changes for the webhook at {path} of call {sid} were not stored within {STORE_TIMEOUT:?} and may still be stored later; Twilio gets a response now"
            );
            None
        }
    }
}

/// Adds a webhook that has a valid signature, but malformed content or the id of another account, to the webhook log,
/// and logs a warning.
pub(super) async fn log_malformed(state: &AppState, form: &TwilioForm, path: &'static str, why: &'static str) {
    let raw = raw(form, path);
    let sid = form.form.value("CallSid").unwrap_or("unknown");
    let stored = store_best_effort(state, path, sid, move |tx| {
        log_webhook(tx, &raw, WebhookOutcome::Malformed, why, Subject::default(), clock::now())
    });
    let outcome = if stored.await.is_some() { "it is stored but not processed" } else { "it is not processed" };
    tracing::warn!(
        event = "WEBHOOK_MALFORMED",
        path,
        why,
        "Malformed webhook at {path} about call {sid}: {why}; {outcome}"
    );
}
