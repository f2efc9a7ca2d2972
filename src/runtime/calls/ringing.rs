//! A call that rings at the phones of the staff.

use super::reachable::reachable;
use super::{CallContext, PendingTransfer};
use crate::domain::Timestamp;
use crate::runtime::ActiveSettings;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time after ringing in which the human agent can accept the call by pressing a key. If a call seems to ring
/// longer, it has ended and Twilio's report of its end was lost.
const ACCEPT_TIMEOUT: Duration = Duration::from_mins(1);

pub(super) struct Ringing {
    pub(super) settings: Arc<ActiveSettings>,
    pub(super) context: CallContext,
    pub(super) since: Instant,
    pub(super) started_at: Timestamp,
}

impl Ringing {
    /// Returns true if the phones have certainly stopped ringing.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let longest = Duration::from_secs(self.settings.config.voice.ring_first_s.into()) + ACCEPT_TIMEOUT;
        now.saturating_duration_since(self.since) >= longest
    }

    pub(super) fn transfer(&self) -> Option<PendingTransfer> {
        let config = &self.settings.config;
        PendingTransfer::new(&self.context, &reachable(config, &self.context.call, config.ring_numbers()), 0, "")
    }
}
