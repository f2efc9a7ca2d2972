//! Calls that ring at the human agent's phone first: the AI answers those that the human agent does not accept.

use super::transfer::can_transfer;
use super::{ActiveSettings, CallContext, CallRegistry, Calls, PendingTransfer};
use crate::call::StreamEndAction;
use crate::clock;
use crate::config::RingFirst;
use crate::domain::CallSid;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No call lasts longer at Twilio; an entry that is older belongs to a call whose end Twilio has not reported.
const MAX_CALL: Duration = Duration::from_hours(4);

/// A call that rings.
pub(super) struct Ringing {
    pub(super) settings: Arc<ActiveSettings>,
    pub(super) context: CallContext,
    since: Instant,
}

impl Calls {
    /// Rings the human agent's phone for an incoming call, if the settings want it; none if the AI answers at once.
    /// Idempotent.
    pub fn ring_first(&self, context: &CallContext, is_open: bool) -> Option<PendingTransfer> {
        let settings = self.inner.services.settings.current();
        let is_wanted = match settings.config.voice.ring_first {
            RingFirst::Never => false,
            RingFirst::Open => is_open,
            RingFirst::Always => true,
        };
        let (sid, since) = (&context.call.call_sid, clock::instant());
        let mut registry = self.registry();
        if !is_wanted || registry.is_known(sid) || !can_transfer(&settings.config, &context.call) {
            return None;
        }
        registry.ringing.retain(|_, ringing| since.duration_since(ringing.since) < MAX_CALL);
        let new = || Ringing { settings, context: context.clone(), since };
        registry.ringing.entry(sid.clone()).or_insert_with(new).transfer()
    }

    /// Records that the human agent accepted a call that rings. Returns false if it does not ring.
    pub fn accept_ringing(&self, sid: &CallSid) -> bool {
        let has_rung = self.registry().ringing.remove(sid).is_some();
        if has_rung {
            self.set_stream_end_action(sid, StreamEndAction::Transfer);
        }
        has_rung
    }

    /// The phone does not ring any more, and the human agent has not accepted. Returns the call if this process knows it.
    pub fn stop_ringing(&self, sid: &CallSid) -> Option<CallContext> {
        self.registry().ringing.remove(sid).map(|ringing| ringing.context)
    }
}

impl CallRegistry {
    pub(super) fn ringing_transfer(&self, sid: &CallSid) -> Option<PendingTransfer> {
        self.ringing.get(sid)?.transfer()
    }
}

impl Ringing {
    /// What the human agent hears before they accept.
    fn transfer(&self) -> Option<PendingTransfer> {
        PendingTransfer::new(&self.settings.config, &self.context, 0, "")
    }
}
