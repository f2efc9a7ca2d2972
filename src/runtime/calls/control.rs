//! Actions of employees on an active call: listen to the call, send the agent a hint, transfer the call to the human
//! agent's phone, and end the call.

use super::{CallMessage, Calls, TransferAnswer};
use crate::domain::CallSid;
use crate::providers::twilio::rest;
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::{broadcast, oneshot};

/// Time limit of a request to Twilio to end a call.
const LIMIT: Duration = Duration::from_secs(5);
/// How long a call may take to end by itself after its stream was closed.
const AFTER_STREAM: Duration = Duration::from_secs(2);
/// The delays between attempts to end a call at Twilio.
const RETRY_AFTER: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

impl Calls {
    /// Returns false if this process has no task for the call.
    pub fn end_by_employee(&self, sid: &CallSid) -> bool {
        let registry = self.registry();
        registry.live.get(sid).is_some_and(|live| live.sender.send(CallMessage::EndedByEmployee).is_ok())
    }

    /// The caller does not hear the hint. Returns false if the conversation has no agent that can use the hint.
    pub async fn hint(&self, sid: &CallSid, text: String) -> bool {
        self.ask(sid, |reply| CallMessage::Hint(text, reply)).await.unwrap_or(false)
    }

    pub async fn transfer(&self, sid: &CallSid) -> TransferAnswer {
        self.ask(sid, CallMessage::Transfer).await.unwrap_or(TransferAnswer::NoAgent)
    }

    /// `None` if no task has the call.
    pub(super) async fn ask<T>(
        &self,
        sid: &CallSid,
        message: impl FnOnce(oneshot::Sender<T>) -> CallMessage,
    ) -> Option<T> {
        let (sender, reply) = oneshot::channel();
        self.registry().live.get(sid)?.sender.send(message(sender)).ok()?;
        reply.await.ok()
    }

    /// The error of a call that has already ended satisfies [`rest::Error::is_call_over`].
    pub async fn complete(&self, sid: &CallSid) -> Result<(), rest::Error> {
        let services = self.services();
        tracing::info!(event = "CALL_COMPLETE_SENT", call.sid = %sid, "Asking Twilio to end call {sid}");
        rest::complete_call(&services.client, &services.config().twilio, sid, LIMIT).await
    }

    /// Ends a call without a caller to hear a goodbye, and retries if Twilio does not accept the request.
    pub async fn complete_unheard(&self, sid: CallSid) {
        complete_with_retries(self.clone(), sid, false).await;
    }

    /// `None` if the call has no stream in this process. The audio ends with the call.
    pub async fn listen(&self, sid: &CallSid) -> Option<broadcast::Receiver<Bytes>> {
        if !self.registry().live.get(sid)?.has_stream {
            return None;
        }
        self.ask(sid, CallMessage::Listen).await
    }
}

/// A call whose stream was closed usually ends by itself. The request is sent nevertheless, because Twilio may be
/// about to redirect the call.
pub(in crate::runtime) async fn complete_with_retries(calls: Calls, sid: CallSid, has_stream: bool) {
    if has_stream {
        tokio::time::sleep(AFTER_STREAM).await;
    }
    for wait in RETRY_AFTER.into_iter().map(Some).chain([None]) {
        let Err(failure) = calls.complete(&sid).await else { return };
        if failure.is_call_over() {
            return;
        }
        let Some(wait) = wait.filter(|_| failure.is_retryable()) else {
            return tracing::error!(
                event = "CALL_COMPLETE_FAILED",
                call.sid = %sid,
                error = &failure as &dyn std::error::Error,
                "Cannot end call {sid} at Twilio, and no further attempt is made; the call may continue until the caller hangs up"
            );
        };
        tracing::info!(
            event = "CALL_COMPLETE_RETRIED",
            call.sid = %sid,
            error = &failure as &dyn std::error::Error,
            "Cannot end call {sid} at Twilio; retry in {} ms",
            wait.as_millis()
        );
        tokio::time::sleep(wait).await;
    }
}
