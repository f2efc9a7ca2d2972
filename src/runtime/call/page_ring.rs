//! Rings in the open web pages of the staff, because the caller asks for a person.

use super::CallTask;
use crate::domain::CallEventKind;
use crate::runtime::calls::CallMessage;
use std::time::Duration;

impl CallTask {
    pub(super) fn start_page_ring(&mut self, reason: &str, time: Duration) {
        if self.calls.start_page_ring(&self.sid, reason, time) {
            tracing::info!(event = "PAGE_RING_STARTED", call.sid = %self.sid, "The caller of call {} asks for a person: the call rings in the open web pages", self.sid);
            self.log.page_ring(CallEventKind::PageRingStarted);
        } else {
            // No page is open.
            drop(self.sender.send(CallMessage::PageUnanswered));
        }
    }

    pub(super) fn end_page_ring(&mut self) {
        if self.calls.end_page_ring(&self.sid) {
            tracing::info!(event = "PAGE_RING_ENDED", call.sid = %self.sid, "Call {} has stopped ringing in the web pages", self.sid);
            self.log.page_ring(CallEventKind::PageRingEnded);
        }
    }
}
