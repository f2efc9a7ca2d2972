//! Closes calls whose end was not reported, because the daemon was killed or Twilio's last webhook was lost.

use super::call::recording_writer;
use super::calls::{CallServices, Calls};
use crate::clock;
use crate::domain::EndReason;
use crate::providers::twilio::rest;
use crate::store::OpenCall;
use std::time::Duration;

/// How often it runs.
const INTERVAL: Duration = Duration::from_secs(30);
/// A call without events for this long is queried at Twilio.
const STALE_AFTER: Duration = Duration::from_mins(2);
/// A call is considered over after this time if Twilio cannot be queried.
const ASSUME_OVER_AFTER: Duration = Duration::from_hours(4);

/// Runs for as long as it is polled.
pub async fn run(calls: Calls) {
    let store = calls.services().store.clone();
    if let Err(error) = store.write(recording_writer::finalize_interrupted).await {
        tracing::error!(
            event = "STALE_CALLS_FAILED",
            error = &error as &dyn std::error::Error,
            "Cannot close recordings"
        );
    }
    loop {
        close_stale(&calls).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn close_stale(calls: &Calls) {
    let open = match calls.services().store.read(|tx| tx.open_calls()).await {
        Ok(open) => open,
        Err(error) => {
            return tracing::error!(
                event = "STALE_CALLS_FAILED",
                error = &error as &dyn std::error::Error,
                "Cannot read calls"
            );
        }
    };
    for call in open {
        let quiet = clock::now().since(call.updated_at);
        if quiet >= STALE_AFTER && !calls.is_active(&call.call_sid) {
            close_if_over(calls.services(), call, quiet).await;
        }
    }
}

async fn close_if_over(services: &CallServices, call: OpenCall, quiet: Duration) {
    let duration_ms = match rest::call_status(&services.client, &services.config().twilio, &call.call_sid).await {
        Ok(status) if is_over(&status.status) => {
            status.duration.and_then(|text| text.parse::<i64>().ok()).map(|seconds| seconds.saturating_mul(1000))
        }
        Err(error) if error.is_call_over() => None,
        Ok(_) | Err(_) if quiet >= ASSUME_OVER_AFTER => None,
        Ok(_) | Err(_) => return,
    };
    tracing::info!(event = "CALL_STALE_CLOSED", call.sid = %call.call_sid, state = call.state.as_str(), "Call {} is over, but its end was not reported: closed now", call.call_sid);
    let at = clock::now();
    services.store.write_soon(move |tx| tx.end_call(&call.call_sid, EndReason::Interrupted, duration_ms, at).map(drop));
}

fn is_over(status: &str) -> bool {
    matches!(status, "completed" | "busy" | "failed" | "no-answer" | "canceled")
}
