//! Rings in the open web pages of the staff, because the caller asks for a person.

use super::CallTask;
use crate::call::PageRing;
use crate::config::Config;
use crate::runtime::calls::CallMessage;
use std::time::Duration;

/// Returns how a call rings in the pages; none if it does not. `has_phone`: whether the call may be transferred to the
/// human agent's phone.
pub(super) fn policy(config: &Config, has_phone: bool) -> Option<PageRing> {
    let time = Duration::from_secs(config.voice.ring_page_s.into());
    (!time.is_zero()).then_some(PageRing { time, has_phone })
}

impl CallTask {
    pub(super) fn start_page_ring(&mut self, reason: &str, time: Duration) {
        if self.calls.start_page_ring(&self.sid, reason, time) {
            tracing::info!(event = "PAGE_RING_STARTED", call.sid = %self.sid, "The caller of call {} asks for a person: the call rings in the open web pages", self.sid);
            self.log.page_ring_started();
        } else {
            // No page is open.
            drop(self.sender.send(CallMessage::PageUnanswered));
        }
    }

    pub(super) fn end_page_ring(&mut self) {
        if self.calls.end_page_ring(&self.sid) {
            tracing::info!(event = "PAGE_RING_ENDED", call.sid = %self.sid, "Call {} has stopped ringing in the web pages", self.sid);
            self.log.page_ring_ended();
        }
    }
}
