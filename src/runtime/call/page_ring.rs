//! Rings in the open web pages of the staff, because the caller asks for a person.

use super::CallTask;
use crate::domain::CallEventKind;
use crate::runtime::calls::CallMessage;
use crate::telemetry::log;
use std::time::Duration;

impl CallTask {
    pub(super) fn start_page_ring(&mut self, reason: &str, time: Duration) {
        if self.calls.start_page_ring(&self.sid, reason, time) {
            tracing::info!(event = "PAGE_RING_STARTED", call.sid = %self.sid, "The caller of call {} asks for a person: the call rings in the open web pages", self.sid);
            self.log.page_ring(CallEventKind::PageRingStarted);
            let (calls, sid, sender) = (self.calls.clone(), self.sid.clone(), self.sender.clone());
            log::spawn(async move {
                if calls.ring_outlasts_pages(&sid).await {
                    drop(sender.send(CallMessage::PageUnanswered));
                }
            });
        } else {
            // No page is open.
            drop(self.sender.send(CallMessage::PageUnanswered));
        }
    }

    pub(super) fn prolong_page_ring(&mut self, time: Duration) {
        if self.calls.prolong_page_ring(&self.sid, time) {
            self.log.page_ring(CallEventKind::PageRingProlonged);
        }
    }

    pub(super) fn end_page_ring(&mut self) {
        if self.calls.end_page_ring(&self.sid) {
            tracing::info!(event = "PAGE_RING_ENDED", call.sid = %self.sid, "Call {} has stopped ringing in the web pages", self.sid);
            self.log.page_ring(CallEventKind::PageRingEnded);
        }
    }
}
