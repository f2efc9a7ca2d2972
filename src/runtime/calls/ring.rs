//! Calls that ring at the phones of the staff before the AI answers. The AI answers a call that none of them accepts.

use super::reachable::reachable;
use super::ringing::Ringing;
use super::{CallContext, CallServices, Calls, PendingTransfer, limits};
use crate::call::StreamEndAction;
use crate::clock;
use crate::crm::call::{self, EndedStream};
use crate::domain::{CallSid, CallState, EndReason};
use crate::runtime::unstored_calls::store_until_stored;
use std::sync::Arc;

impl Calls {
    /// Returns `None` if no phone rings. A call that exceeds a limit does not ring and goes to voicemail.
    /// Idempotent.
    pub fn ring_first(&self, context: &CallContext) -> Option<PendingTransfer> {
        let settings = self.inner.services.settings.current();
        let (sid, since) = (&context.call.call_sid, clock::instant());
        let mut registry = self.registry();
        let phones = reachable(&settings.config, &context.call, settings.config.ring_numbers());
        if registry.is_known(sid) || phones.is_empty() {
            return None;
        }
        registry.ringing.retain(|_, ringing| !ringing.is_over(since));
        if !registry.ringing.contains_key(sid) {
            let used = self.used_today(&settings, context);
            let now = registry.concurrent_calls(&context.call);
            if let Some(limit) = limits::exceeded_by_ringing(&settings.config.voice, now, used) {
                if !CallServices::uses_ai(&settings) {
                    tracing::warn!(event = "CALL_OVER_LIMIT", call.sid = %sid, limit, "Limit {limit} is reached: call {sid} goes to voicemail, and no phone rings");
                }
                return None;
            }
        }
        let new = || Ringing { settings, context: context.clone(), since, started_at: clock::now() };
        registry.ringing.entry(sid.clone()).or_insert_with(new).transfer()
    }

    /// Returns false if the call does not ring. A call that could not be stored is stored as soon as that is possible.
    pub fn accept_ringing(&self, sid: &CallSid) -> bool {
        let Some(ringing) = self.registry().ringing.remove(sid) else { return false };
        self.set_stream_end_action(sid, StreamEndAction::Transfer);
        if !ringing.context.is_stored {
            let Ringing { settings, context, started_at, .. } = ringing;
            let (store, country) = (self.services().store.clone(), settings.config.business.country);
            let accepted = EndedStream {
                sid: sid.clone(),
                unstored: Some(context.call),
                started_at,
                conversation: None,
                reason: EndReason::Transferred,
                state: CallState::Transferred,
                at: clock::now(),
            };
            let (accepted, jobs) = (Arc::new(accepted), self.services().jobs.clone());
            let first = accepted.clone();
            let written = store.write_soon_with_outcome(move |tx| call::end_stream(tx, &first, country));
            tokio::spawn(async move {
                if let Err(refused) = written.await {
                    store_until_stored(&store, accepted, country, refused).await;
                    jobs.wake();
                }
            });
        }
        true
    }

    /// Returns the call if it rang in this process.
    pub fn stop_ringing(&self, sid: &CallSid) -> Option<CallContext> {
        self.registry().ringing.remove(sid).map(|ringing| ringing.context)
    }
}
