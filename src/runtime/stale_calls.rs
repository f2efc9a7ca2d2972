//! Closes calls whose end was not reported, because the daemon was killed or Twilio's last webhook was lost, and
//! finishes the recordings of calls that have ended.

use super::call::recording_writer;
use super::calls::Calls;
use crate::clock;
use crate::crm::call;
use crate::domain::{EndReason, Timestamp};
use crate::providers::twilio::call_progress::CallProgress;
use crate::providers::twilio::rest;
use crate::store::{self, OpenCall};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(30);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// After this time without events, the call's state is queried from Twilio.
const STALE_AFTER: Duration = Duration::from_mins(2);
/// After this time without events, a call is considered ended, even if Twilio reports it as running or cannot be
/// queried.
const ASSUME_OVER_AFTER: Duration = Duration::from_hours(4);

/// Never returns; the caller stops it by dropping the future.
pub async fn run(calls: Calls) {
    tokio::join!(close_calls(&calls), finish_recordings(&calls));
}

async fn close_calls(calls: &Calls) {
    loop {
        close_stale(calls).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Finishes the recordings that a kill has interrupted, and those whose end the database did not store, for example
/// because the disk was full.
async fn finish_recordings(calls: &Calls) {
    loop {
        let pause = match finish_interrupted(calls).await {
            Ok(()) => INTERVAL,
            Err(error) => {
                tracing::error!(
                    event = "STALE_CALLS_FAILED",
                    error = &error as &dyn std::error::Error,
                    "Cannot finish interrupted recordings of calls; retrying in {} s",
                    AFTER_FAILURE.as_secs()
                );
                AFTER_FAILURE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn finish_interrupted(calls: &Calls) -> store::Result<()> {
    let services = calls.services();
    let running = services.store.read(|tx| tx.running_recordings()).await?;
    // The task of a call queues the end of its recording before it ends, and writes are stored in their order. Thus the
    // end of these recordings is stored before this write, or lost.
    let ended = running.into_iter().filter(|running| !calls.is_active(&running.call_sid));
    let keys: Vec<String> = ended.map(|running| running.key).collect();
    if keys.is_empty() {
        return Ok(());
    }
    services.store.write(move |tx| recording_writer::finish_interrupted(tx, &keys)).await?;
    services.compression.wake();
    Ok(())
}

async fn close_stale(calls: &Calls) {
    let open = match calls.services().store.read(|tx| tx.open_calls()).await {
        Ok(open) => open,
        Err(error) => {
            return tracing::error!(
                event = "STALE_CALLS_FAILED",
                error = &error as &dyn std::error::Error,
                "Cannot read the unfinished calls, so calls whose end Twilio did not report stay open; retrying"
            );
        }
    };
    for call in open {
        let quiet = clock::now().since(call.updated_at);
        if quiet >= STALE_AFTER && !calls.is_active(&call.call_sid) {
            close_if_over(calls, call, quiet).await;
        }
    }
}

async fn close_if_over(calls: &Calls, call: OpenCall, quiet: Duration) {
    let services = calls.services();
    let (reason, duration_ms) =
        match rest::call_status(&services.client, &services.config().twilio, &call.call_sid).await {
            Ok(status) if CallProgress::of(&status.status).is_some_and(CallProgress::is_over) => {
                let is_completed = CallProgress::of(&status.status) == Some(CallProgress::Completed);
                let reason = if is_completed { EndReason::Interrupted } else { EndReason::NotConnected };
                let seconds = status.duration.and_then(|text| text.parse::<i64>().ok());
                (reason, seconds.map(|seconds| seconds.saturating_mul(1000)))
            }
            Err(error) if error.is_call_over() => (EndReason::Interrupted, None),
            Ok(_) | Err(_) if quiet >= ASSUME_OVER_AFTER => (EndReason::Interrupted, None),
            Ok(_) | Err(_) => return,
        };
    calls.hung_up(&call.call_sid);
    let now = clock::now();
    let ended_at = ended_at(&call, duration_ms, now);
    let (sid, state) = (call.call_sid.clone(), call.state.as_str());
    let closed = services
        .store
        .write(move |tx| call::end_unreported(tx, &call.call_sid, reason, duration_ms, ended_at, now))
        .await;
    match closed {
        Ok(()) => {
            tracing::info!(event = "CALL_STALE_CLOSED", call.sid = %sid, state, "Call {sid} is recorded as ended, although no webhook reported its end: Twilio's API reports it as over, or no event has arrived for hours");
            services.jobs.wake();
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(event = "STALE_CALLS_FAILED", call.sid = %sid, error, "Cannot record the end of call {sid}, which Twilio did not report; retrying");
        }
    }
}

/// Returns when a call ended: at its start plus the duration that Twilio reports, but not before its last event.
/// Without a duration, the call ended at its last event, because the time until now must not count as use of the AI.
fn ended_at(call: &OpenCall, duration_ms: Option<i64>, now: Timestamp) -> Timestamp {
    let duration = duration_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    let by_duration = duration.map_or(call.updated_at, |duration| call.started_at.plus(duration).min(now));
    by_duration.max(call.updated_at)
}
