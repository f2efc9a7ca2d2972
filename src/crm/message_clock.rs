//! The message clock on the system clock.

use crate::clock;
use crate::domain::{InboundMessage, Provider, Timestamp};
use crate::inbox::message_clock;
use crate::inbox::message_time::{Arrival, is_plausible};
use crate::store::{ReadTx, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The clock of all messages, inbound and outbound; clones share it.
#[derive(Clone, Default)]
pub struct MessageClock {
    inner: Arc<Mutex<message_clock::MessageClock>>,
}

impl MessageClock {
    /// Derives the offset of the providers' clocks from the newest stored messages: the first messages after a start
    /// are often delayed ones, before any live one has shown the offset.
    pub fn assume_stored(&self, tx: &ReadTx<'_>) -> Result<()> {
        for provider in [Provider::Twilio, Provider::Baileys] {
            if let Some(ahead_ms) = tx.provider_clock_difference(provider)? {
                self.lock().assume(provider, ahead_ms, clock::moment());
            }
        }
        Ok(())
    }

    /// The time of a message that is written now.
    pub fn now(&self) -> Timestamp {
        self.lock().read(clock::moment())
    }

    /// Records that the provider's clock shows `reported` now.
    pub fn learn(&self, provider: Provider, reported: Timestamp) {
        self.lock().learn(provider, reported, clock::moment());
    }

    /// Converts a time of the provider's clock to message time.
    pub fn time_of(&self, provider: Provider, reported: Timestamp) -> Timestamp {
        self.lock().time_of(provider, reported, clock::moment())
    }

    /// What is known of the time of a message that has just arrived. A live message also shows the provider's clock.
    pub fn arrival(&self, message: &InboundMessage) -> Arrival {
        let (now, mut clock) = (clock::moment(), self.lock());
        let reported = message.provider_time.filter(|reported| is_plausible(*reported));
        if let Some(reported) = reported.filter(|_| !message.is_delayed()) {
            clock.learn(message.provider, reported, now);
        }
        Arrival {
            at: clock.read(now),
            written: reported.map(|reported| clock.time_of(message.provider, reported, now)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, message_clock::MessageClock> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
