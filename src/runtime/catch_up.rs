//! Fetches messages, calls and recordings from Twilio whose webhooks did not reach this server. Runs at the start, when
//! a webhook may have been lost, and every five minutes.
//!
//! For messages, calls and recordings, a mark records up to which time, by Twilio's clock, the list has been read
//! completely. Each pass reads Twilio's lists from ten minutes before the mark, one day at a time, and stores the
//! entries whose SID is unknown. A pass that fails is repeated from the same mark.

mod calls;
mod messages;
mod recordings;

use super::calls::{CallServices, Calls};
use super::jobs::Jobs;
use crate::crm::call;
use crate::crm::message_clock::{self, MessageClock};
use crate::domain::{Provider, Timestamp};
use crate::providers::twilio::lists::{self, Listed, ListedCall, ListedMessage, ListedRecording, Resource};
use crate::providers::twilio::rest;
use crate::store::Store;
use crate::{clock, entropy};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Clones share the signal.
#[derive(Clone, Default)]
pub struct CatchUpTrigger {
    notify: Arc<Notify>,
}

impl CatchUpTrigger {
    /// Requests a pass soon.
    pub fn request_pass(&self) {
        self.notify.notify_one();
    }
}

pub struct CatchUp {
    pub services: CallServices,
    /// The active and recently ended calls of this process. Their own tasks store them.
    pub calls: Calls,
    /// Writes have the priority of jobs.
    pub store: Store,
    pub jobs: Jobs,
    /// Assigns times to messages and calls, by which they are ordered.
    pub clock: MessageClock,
    /// Starts a pass outside the five-minute interval.
    pub trigger: CatchUpTrigger,
}

#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error(transparent)]
    Twilio(#[from] rest::Error),
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}

#[derive(Debug, Default)]
struct Ingested {
    stored: usize,
    /// The time of the oldest entry that is not complete yet. The mark must not move past this time.
    unfinished: Option<Timestamp>,
}

trait CatchUpList: Resource {
    /// `listed` is sorted by time, the oldest first.
    fn ingest(
        catch_up: &CatchUp,
        listed: Vec<Listed<Self>>,
    ) -> impl Future<Output = Result<Ingested, PassError>> + Send;
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Marks {
    account: String,
    messages: Option<Timestamp>,
    calls: Option<Timestamp>,
    recordings: Option<Timestamp>,
}

/// How far the lists have been read. Each pass continues from there.
#[derive(Debug, Default)]
struct Progress {
    read: Marks,
    /// The marks in the database.
    saved: Marks,
}

#[derive(Clone, Copy, Debug, Default)]
struct StoredCounts {
    messages: usize,
    calls: usize,
    recordings: usize,
}

impl CatchUp {
    /// Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        let (mut failures, mut next, mut seen) = (0_u32, clock::instant(), (clock::instant(), clock::moment().steady));
        let mut progress = Progress::default();
        loop {
            let now = (clock::instant(), clock::moment().steady);
            // A suspended machine misses webhooks, and its timers stop during that time.
            let slept = now.1.saturating_sub(seen.1).saturating_sub(now.0.saturating_duration_since(seen.0));
            seen = now;
            // Reading the clock here detects a step of the system clock early.
            self.clock.now();
            if let Some(steps) = self.clock.take_steps() {
                match self.store.write(move |tx| message_clock::store_steps(tx, &steps, clock::now())).await {
                    Ok(()) => self.jobs.wake(),
                    Err(error) => {
                        self.clock.keep_steps();
                        tracing::debug!(event = "CLOCK_STEPS", %error, "Cannot store the steps of the system clock, which are needed after a restart to correct the times of messages; retrying");
                    }
                }
            }
            if now.0 >= next || slept > SLEEP_THRESHOLD {
                let (pause, failed) = self.pass_and_report(&mut progress, failures).await;
                failures = failed;
                next = clock::instant() + pause;
            }
            tokio::select! {
                () = self.trigger.notify.notified() => next = clock::instant(),
                () = tokio::time::sleep(TICK.min(next.saturating_duration_since(clock::instant()))) => {}
            }
        }
    }

    async fn pass_and_report(&self, progress: &mut Progress, failures: u32) -> (Duration, u32) {
        let mut found = StoredCounts::default();
        let outcome = self.pass(progress, &mut found).await;
        let StoredCounts { messages, calls, recordings } = found;
        if messages + calls + recordings > 0 {
            self.jobs.wake();
            tracing::info!(
                event = "TWILIO_CATCH_UP",
                messages,
                calls,
                recordings,
                "Stored {messages} messages, {calls} calls and {recordings} recordings from Twilio's lists, because their webhooks did not arrive or were not stored"
            );
        }
        let error = match outcome {
            Ok(()) => return (INTERVAL, 0),
            Err(error) => error,
        };
        if let PassError::Twilio(error) = &error {
            self.services.alerts.record_twilio_access(error.account_refusal());
        }
        let pause = match &error {
            PassError::Twilio(error) => error.retry_after(),
            PassError::Store(_) => None,
        };
        let pause = pause.unwrap_or_else(|| retry_delay(failures)).min(INTERVAL);
        // The first failures are not reported, because the network may not be up yet when the daemon starts.
        if failures == REPORT_AFTER_FAILURES {
            let failed = match &error {
                PassError::Twilio(_) => "Cannot read Twilio's lists of messages, calls and recordings",
                PassError::Store(_) => {
                    "A database error interrupted the storing of the messages, calls and recordings that Twilio lists"
                }
            };
            let error = &error as &dyn std::error::Error;
            tracing::warn!(
                event = "TWILIO_CATCH_UP_FAILED",
                error,
                "{failed}; the next attempt continues at the same place in the lists"
            );
        }
        (pause, failures.saturating_add(1))
    }

    async fn pass(&self, progress: &mut Progress, found: &mut StoredCounts) -> Result<(), PassError> {
        let settings = self.services.settings.current();
        let Some((account, _)) = settings.config.twilio.credentials() else { return Ok(()) };
        if progress.read.account != account {
            let stored = self.store.read(|tx| tx.meta(MARKS)).await?;
            let marks = stored.and_then(|text| serde_json::from_str::<Marks>(&text).ok());
            let marks = marks.filter(|marks| marks.account == account);
            let marks = marks.unwrap_or_else(|| Marks { account: account.to_owned(), ..Marks::default() });
            *progress = Progress { read: marks.clone(), saved: marks };
        }
        self.read::<ListedMessage>(progress, |marks| &mut marks.messages, &mut found.messages).await?;
        self.read::<ListedCall>(progress, |marks| &mut marks.calls, &mut found.calls).await?;
        self.read::<ListedRecording>(progress, |marks| &mut marks.recordings, &mut found.recordings).await?;
        if found.calls + found.recordings > 0 {
            self.store.write(|tx| call::notify_of_missed(tx, clock::now())).await?;
        }
        self.services.alerts.record_twilio_access(None);
        Ok(())
    }

    /// The first pass starts 24 hours back, which is WhatsApp's reply window.
    async fn read<T: CatchUpList>(
        &self,
        progress: &mut Progress,
        mark_of: fn(&mut Marks) -> &mut Option<Timestamp>,
        found: &mut usize,
    ) -> Result<(), PassError> {
        let settings = self.services.settings.current();
        let twilio = &settings.config.twilio;
        let mark = *mark_of(&mut progress.read);
        let mut since = mark.map_or_else(|| clock::now().minus(FIRST_RANGE), |mark| mark.minus(OVERLAP));
        let (mut day, mut unfinished, mut is_first) = (midnight(since), None, true);
        loop {
            let learn_time = |time| self.clock.learn(Provider::Twilio, time);
            let mut list = lists::day::<T>(&self.services.client, twilio, &date(day), since, learn_time).await?;
            if std::mem::take(&mut is_first) && mark.is_none() {
                // Twilio's clock is used, because the clock of this machine may be wrong.
                since = list.requested_at.minus(FIRST_RANGE);
                if midnight(since) != day {
                    day = midnight(since);
                    continue;
                }
            }
            list.listed.retain(|listed| listed.item.at().is_some_and(|at| at >= since));
            let ingested = T::ingest(self, list.listed).await?;
            *found += ingested.stored;
            unfinished = [unfinished, ingested.unfinished].into_iter().flatten().min();
            let next_day = day.plus(DAY);
            let is_last = next_day > list.requested_at;
            let read_to = if is_last { list.requested_at } else { next_day };
            let read_to = unfinished.map_or(read_to, |unfinished| unfinished.min(read_to));
            *mark_of(&mut progress.read) = Some(read_to);
            // While a list has no new entries, the mark is saved only at intervals. After a restart, a little more is
            // read again.
            let is_due = |saved: Timestamp| read_to.since(saved) >= SAVE_INTERVAL;
            if mark_of(&mut progress.saved).is_none_or(is_due) || ingested.stored > 0 {
                self.save(progress.read.clone()).await?;
                progress.saved = progress.read.clone();
            }
            if is_last {
                return Ok(());
            }
            day = next_day;
        }
    }

    async fn save(&self, marks: Marks) -> Result<(), PassError> {
        let text = serde_json::to_string(&marks).unwrap_or_default();
        Ok(self.store.write(move |tx| tx.set_meta(MARKS, &text)).await?)
    }
}

fn midnight(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_secs().div_euclid(86_400).saturating_mul(86_400_000))
}

/// Formats the day as `YYYY-MM-DD`.
fn date(day: Timestamp) -> String {
    day.to_string().chars().take(10).collect()
}

/// About 2 seconds after the first failure, doubled after each further failure, ±25 %.
fn retry_delay(failures: u32) -> Duration {
    (Duration::from_secs(2) * 2_u32.pow(failures.min(10))).mul_f64(0.75 + entropy::chance() / 2.0)
}

const MARKS: &str = "twilio.catch_up";
const INTERVAL: Duration = Duration::from_mins(5);
const TICK: Duration = Duration::from_secs(10);
/// The machine is considered to have slept if the clock that includes suspension advanced this much more than the clock
/// of the timers.
const SLEEP_THRESHOLD: Duration = Duration::from_secs(5);
/// How far each pass reads back before the mark, because Twilio lists some entries late.
const OVERLAP: Duration = Duration::from_mins(10);
const DAY: Duration = Duration::from_hours(24);
const FIRST_RANGE: Duration = DAY;
const SAVE_INTERVAL: Duration = Duration::from_hours(1);
const REPORT_AFTER_FAILURES: u32 = 3;
