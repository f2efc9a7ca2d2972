//! Redirects a call to Twilio's recorder through Twilio's REST API.

use super::CallMessage;
use crate::domain::CallSid;
use crate::providers::twilio::rest;
use crate::runtime::calls::Calls;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// The delays before further attempts, in milliseconds; the last one repeats. The caller hears silence until an attempt
/// succeeds.
const RETRY_AFTER_MS: [u64; 5] = [500, 500, 1000, 2000, 4000];
/// Time limit of one attempt.
const LIMIT: Duration = Duration::from_secs(3);

/// Retries until Twilio accepts the redirect, rejects it permanently, or reports that the call is over. Returns early
/// once the call's task has ended.
pub(super) async fn to_recorder(calls: Calls, sid: CallSid, sender: UnboundedSender<CallMessage>) {
    let services = calls.services();
    let last = RETRY_AFTER_MS[RETRY_AFTER_MS.len() - 1];
    for wait in RETRY_AFTER_MS.into_iter().chain(std::iter::repeat(last)).map(Duration::from_millis) {
        // Reads the settings for each attempt, because the account's credentials may have been corrected since the last
        // one.
        let config = services.config();
        let url = format!("{}/webhook/handle_recording", config.http.base_url());
        tracing::info!(event = "WATCHDOG_REDIRECT_SENT", call.sid = %sid, "Redirecting call {sid} to Twilio's recorder");
        let failure = match rest::redirect_call(&services.client, &config.twilio, &sid, &url, LIMIT).await {
            Ok(()) => {
                tracing::info!(event = "WATCHDOG_REDIRECT_OK", call.sid = %sid, "Call {sid} was redirected to Twilio's recorder");
                break;
            }
            Err(failure) => {
                if let Some(reason) = failure.account_refusal() {
                    services.alerts.record_twilio_access(Some(reason));
                }
                failure
            }
        };
        if failure.is_call_over() {
            tracing::info!(event = "WATCHDOG_REDIRECT_FAILED", call.sid = %sid, error = &failure as &dyn std::error::Error, "Call {sid} was not redirected to Twilio's recorder, because it is over");
            break;
        }
        if !failure.is_retryable() {
            tracing::error!(event = "WATCHDOG_REDIRECT_FAILED", call.sid = %sid, error = &failure as &dyn std::error::Error, "Cannot redirect call {sid} to Twilio's recorder; this is not retried");
            break;
        }
        tracing::warn!(event = "WATCHDOG_REDIRECT_FAILED", call.sid = %sid, error = &failure as &dyn std::error::Error, "Cannot redirect call {sid} to Twilio's recorder; retry in {} ms", wait.as_millis());
        // The send fails once the call has ended; the loop then stops.
        let _ = sender.send(CallMessage::RedirectFailed);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = sender.closed() => return,
        }
    }
    let _ = sender.send(CallMessage::RedirectDone);
}
