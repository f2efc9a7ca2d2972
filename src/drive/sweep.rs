//! Closes the books of calls that nobody tells the end of: the daemon was killed, or Twilio's last word was lost.

use super::call::tape;
use super::calls::{CallParts, Calls};
use crate::clock;
use crate::domain::EndReason;
use crate::providers::twilio::rest;
use crate::store::OpenCall;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(30);
/// A call of which nothing was heard for so long is asked about.
const QUIET: Duration = Duration::from_mins(2);
/// Where Twilio cannot be asked, it is over after this.
const GIVEN_UP: Duration = Duration::from_hours(4);

/// Looks now and then until `stopping`.
pub async fn run(calls: Calls, mut stopping: watch::Receiver<bool>) {
    let store = calls.parts().store.clone();
    if let Err(error) = store.write(tape::close_broken).await {
        tracing::error!(event = "SWEEP_FAILED", error = &error as &dyn std::error::Error, "Cannot close recordings");
    }
    loop {
        sweep(&calls).await;
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn sweep(calls: &Calls) {
    let open = match calls.parts().store.read(|tx| tx.open_calls()).await {
        Ok(open) => open,
        Err(error) => {
            return tracing::error!(
                event = "SWEEP_FAILED",
                error = &error as &dyn std::error::Error,
                "Cannot read calls"
            );
        }
    };
    for call in open {
        let quiet = clock::now().since(call.updated_at);
        if quiet >= QUIET && !calls.is_on(&call.call_sid) {
            settle(calls.parts(), call, quiet).await;
        }
    }
}

async fn settle(parts: &CallParts, call: OpenCall, quiet: Duration) {
    let duration_ms = match rest::call_status(&parts.client, &parts.config().twilio, &call.call_sid).await {
        Ok(status) if is_over(&status.status) => {
            status.duration.and_then(|text| text.parse::<i64>().ok()).map(|seconds| seconds.saturating_mul(1000))
        }
        Err(error) if error.is_call_over() => None,
        Ok(_) | Err(_) if quiet >= GIVEN_UP => None,
        Ok(_) | Err(_) => return,
    };
    tracing::info!(event = "CALL_SWEPT", call.sid = %call.call_sid, state = call.state.as_str(), "A call is over that nobody closed");
    let at = clock::now();
    parts.store.write_soon(move |tx| tx.end_call(&call.call_sid, EndReason::Interrupted, duration_ms, at).map(drop));
}

fn is_over(status: &str) -> bool {
    matches!(status, "completed" | "busy" | "failed" | "no-answer" | "canceled")
}
