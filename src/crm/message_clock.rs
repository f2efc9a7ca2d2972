//! The message clock, from which all messages get their times. Its rules are in `inbox::message_clock`; this module
//! adds the system clock and the database.

use crate::clock;
use crate::domain::{InboundMessage, Provider, Timestamp};
use crate::inbox::message_clock::{self, ClockSteps};
use crate::inbox::message_time::{Arrival, is_plausible};
use crate::store::{ReadTx, Result, WriteTx, boot_id};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The clock of all messages, inbound and outbound. Clones share its state.
#[derive(Clone, Default)]
pub struct MessageClock {
    inner: Arc<Mutex<message_clock::MessageClock>>,
}

impl MessageClock {
    /// Resumes the clock of the last run from the stored steps, if the machine was not restarted since. Derives the
    /// offset of the providers' clocks from the newest messages, because the first messages after a start are often
    /// delayed and do not show the offset.
    pub fn resume(&self, tx: &ReadTx<'_>) -> Result<()> {
        let stored = tx.meta(STEPS)?.and_then(|text| serde_json::from_str::<SavedSteps>(&text).ok());
        let (boot, now, mut clock) = (boot_id(), clock::moment(), self.lock());
        if let Some(stored) = stored.filter(|stored| !boot.is_empty() && stored.boot == boot) {
            *clock = message_clock::MessageClock::resume(stored.steps);
        }
        // A late message shows a greater difference, so the smallest difference of several messages is used.
        for provider in [Provider::Twilio, Provider::Baileys] {
            for (at, reported) in tx.provider_times(provider)? {
                clock.assume(provider, at, reported, now);
            }
        }
        Ok(())
    }

    /// Returns the steps of the wall clock, to be stored for the next run; `None` if there was no further step since
    /// the last call of this function.
    pub fn take_steps(&self) -> Option<ClockSteps> {
        self.lock().take_steps()
    }

    /// Makes [`Self::take_steps`] return the steps again, because they could not be stored.
    pub fn keep_steps(&self) {
        self.lock().keep_steps();
    }

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

    /// A live message also updates the provider's clock offset.
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

/// Stores the steps of the wall clock for a run within the same boot of the machine. If the clock was set back, jobs
/// and retries may be planned for a time that is too far in the future; these become due now.
pub fn store_steps(tx: &WriteTx<'_>, steps: &ClockSteps, now: Timestamp) -> Result<()> {
    tx.hasten_late_outbox(now.plus(MAX_OUTBOX_RETRY), now)?;
    tx.hasten_late_jobs(now.plus(MAX_JOB_RETRY), now)?;
    let saved = SavedSteps { boot: boot_id(), steps: steps.clone() };
    tx.set_meta(STEPS, &serde_json::to_string(&saved).unwrap_or_default())
}

#[derive(Serialize, Deserialize)]
struct SavedSteps {
    boot: String,
    steps: ClockSteps,
}

/// More than the longest back-off of a message. The limit of new conversations can postpone a message for longer: it
/// then becomes due too early, and the outbox postpones it again.
pub(super) const MAX_OUTBOX_RETRY: Duration = Duration::from_mins(2);
/// More than the longest time until a new job or the retry of a job.
const MAX_JOB_RETRY: Duration = Duration::from_mins(15);
const STEPS: &str = "message_clock.steps";
