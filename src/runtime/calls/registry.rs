//! The active calls, the calls that ring, and the recently ended ones.

use super::ended_calls::EndedCalls;
use super::limits::ConcurrentCalls;
use super::pending_transfer::Transfer;
use super::ringing::Ringing;
use super::ringing_page::PageRing;
use super::{CallContext, CallMessage};
use crate::call::StreamEndAction;
use crate::clock;
use crate::crm::call::IncomingCall;
use crate::domain::CallSid;
use crate::runtime::ActiveSettings;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

#[derive(Default)]
pub(super) struct CallRegistry {
    pub(super) live: HashMap<CallSid, LiveCall>,
    pub(super) ringing: HashMap<CallSid, Ringing>,
    pub(super) ended: EndedCalls,
    pub(super) is_draining: Option<Instant>,
}

pub(super) struct LiveCall {
    /// The settings from the start of the call; they apply until the call ends.
    pub(super) settings: Arc<ActiveSettings>,
    pub(super) sender: mpsc::UnboundedSender<CallMessage>,
    pub(super) has_stream: bool,
    /// The next action for Twilio, if the stream has ended and the call continues.
    pub(super) next: Option<StreamEndAction>,
    /// The current or most recent transfer.
    pub(super) transfer: Transfer,
    /// None unless the call rings in the web page.
    pub(super) page_ring: Option<PageRing>,
    /// How often Twilio has been instructed to open a stream.
    pub(super) connects: u32,
    pub(super) context: CallContext,
    pub(super) has_ai: bool,
    pub(super) since: Instant,
}

impl LiveCall {
    pub(super) fn awaits_stream(&self) -> bool {
        !self.has_stream && !self.is_transferring()
    }

    pub(super) fn is_transferring(&self) -> bool {
        self.next == Some(StreamEndAction::Transfer)
    }
}

impl CallRegistry {
    /// Returns `Resume` only once per lost stream: another request means that the new stream could not be opened.
    pub(super) fn stream_end_action(&mut self, sid: &CallSid, connect: u32) -> Option<StreamEndAction> {
        if let Some(action) = self.ended.get(sid) {
            return Some(action);
        }
        let live = self.live.get_mut(sid)?;
        if connect < live.connects {
            // Twilio repeats a request if it did not receive the answer.
            return Some(StreamEndAction::Resume);
        }
        if live.next == Some(StreamEndAction::Resume) {
            live.connects += 1;
            return live.next.take();
        }
        live.next
    }

    pub(super) fn is_known(&self, sid: &CallSid) -> bool {
        self.live.contains_key(sid) || self.ended.contains(sid)
    }

    /// All calls with a withheld number count as calls of the same number.
    pub(super) fn concurrent_calls(&self, call: &IncomingCall) -> ConcurrentCalls {
        let with_ai = self.live.values().filter(|live| live.has_ai).map(|live| &live.context.call);
        let ringing = self
            .ringing
            .values()
            .filter(|ringing| !ringing.is_over(clock::instant()))
            .map(|ringing| &ringing.context.call);
        let others = || with_ai.clone().chain(ringing.clone()).filter(|other| other.call_sid != call.call_sid);
        let is_same = |other: &&IncomingCall| match call.from.as_str() {
            // A call of an earlier process, or a trial call.
            "" => false,
            _ if call.is_withheld() => other.is_withheld() && !other.from.is_empty(),
            from => other.from == from,
        };
        ConcurrentCalls { all: others().count(), of_number: others().filter(is_same).count() }
    }
}
