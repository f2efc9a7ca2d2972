//! Sends a call to Twilio's recorder through its REST interface.

use super::Mail;
use crate::domain::CallSid;
use crate::drive::calls::Calls;
use crate::providers::twilio::rest;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// The waits before further attempts.
const RETRY_AFTER: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(500)];
/// How long one attempt may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Asks until Twilio takes it or will not, then tells the call.
pub(super) async fn to_recorder(calls: Calls, sid: CallSid, mailbox: UnboundedSender<Mail>) {
    // As they are now: the vendor knows nothing of how they were when the call began.
    let (parts, config) = (calls.parts(), calls.parts().config());
    let url = format!("{}/webhook/handle_recording", config.http.base_url());
    for wait in RETRY_AFTER.into_iter().map(Some).chain([None]) {
        tracing::info!(event = "WATCHDOG_REDIRECT_SENT", call.sid = %sid, "Asking Twilio to record the call");
        let failure = match rest::redirect_call(&parts.client, &config.twilio, &sid, &url, LIMIT).await {
            Ok(()) => {
                tracing::info!(event = "WATCHDOG_REDIRECT_OK", call.sid = %sid, "Twilio records the call");
                break;
            }
            Err(failure) => {
                if let Some(told) = failure.account_refusal() {
                    parts.alerts.note_twilio(Some(&told));
                }
                failure
            }
        };
        tracing::error!(
            event = "WATCHDOG_REDIRECT_FAILED",
            call.sid = %sid,
            error = &failure as &dyn std::error::Error,
            "Twilio did not take the call"
        );
        let Some(wait) = wait.filter(|_| failure.is_passing() && !failure.is_call_over()) else { break };
        // The call may be over by now: then nobody reads this.
        let _ = mailbox.send(Mail::RedirectFailed);
        tokio::time::sleep(wait).await;
    }
    let _ = mailbox.send(Mail::RedirectDone);
}
