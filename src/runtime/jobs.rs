//! Runs background jobs from the database: each at least once, with retries after failures, in no fixed order.

use crate::domain::{JobId, JobKind, Timestamp};
use crate::store::{self, Job, Store, WriteTx};
use crate::{clock, entropy};
use futures_util::FutureExt;
use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
pub enum JobError {
    /// Retry as with [`JobError::RetryFor`] until the job is one day old.
    Retry(String),
    /// Retry until the job has reached this age, or a greater one that an earlier failure allowed. If the machine was
    /// off meanwhile, the job is nevertheless retried for about half an hour, unless the age is shorter than that.
    RetryFor(Duration, String),
    Permanent(String),
}

/// Clones wake the same workers.
#[derive(Clone, Default)]
pub struct Jobs {
    wake: Vec<Arc<Notify>>,
}

impl Jobs {
    /// Call it after the commit that stored the jobs.
    pub fn wake(&self) {
        self.wake.iter().for_each(|worker| worker.notify_one());
    }

    /// Returns a handle that also wakes the workers of `other`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.wake.extend(other.wake);
        self
    }
}

type JobFuture = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;
type OnFailure = Arc<dyn Fn(&WriteTx<'_>, &Job, &str) -> store::Result<()> + Send + Sync>;

#[derive(Clone)]
pub struct JobWorker {
    store: Store,
    wake: Arc<Notify>,
    kinds: BTreeMap<JobKind, Arc<dyn Fn(Job) -> JobFuture + Send + Sync>>,
    on_failure: BTreeMap<JobKind, OnFailure>,
    max_concurrent: usize,
}

impl JobWorker {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            wake: Arc::default(),
            kinds: BTreeMap::new(),
            on_failure: BTreeMap::new(),
            max_concurrent: MAX_CONCURRENT,
        }
    }

    /// The handler must be idempotent, because it may run more than once for the same job.
    #[must_use]
    pub fn on<F>(mut self, kind: JobKind, work: impl Fn(Job) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.kinds.insert(kind, Arc::new(move |job| Box::pin(work(job))));
        self
    }

    /// `record` gets the reason of a permanent failure, and runs in the transaction that marks the job as failed.
    #[must_use]
    pub fn on_failure(
        mut self,
        kind: JobKind,
        record: impl Fn(&WriteTx<'_>, &Job, &str) -> store::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.on_failure.insert(kind, Arc::new(record));
        self
    }

    #[must_use]
    pub fn one_at_a_time(mut self) -> Self {
        self.max_concurrent = 1;
        self
    }

    pub fn handle(&self) -> Jobs {
        Jobs { wake: vec![self.wake.clone()] }
    }

    /// Runs jobs until `stopping`, then waits for the running jobs, at most for `DRAIN`. Interrupted jobs run again
    /// after the next start.
    pub async fn run(self, stopping: CancellationToken) {
        let (mut running, mut in_flight) = (JoinSet::new(), HashSet::new());
        loop {
            let wait = match self.start_due(&mut running, &mut in_flight).await {
                Ok(next) => next.map_or(IDLE, |next| next.since(clock::now()).min(IDLE)),
                Err(error) => {
                    tracing::error!(
                        event = "JOBS_FAILED",
                        error = &error as &dyn std::error::Error,
                        "Cannot read the background jobs, so no job starts; retrying in {} s",
                        AFTER_FAILURE.as_secs()
                    );
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.wake.notified() => {}
                Some(Ok(id)) = running.join_next() => { in_flight.remove(&id); }
                () = tokio::time::sleep(wait) => {}
            }
        }
        let _ = tokio::time::timeout(DRAIN, async { while running.join_next().await.is_some() {} }).await;
    }

    /// Returns the time at which the next job is due.
    async fn start_due(
        &self,
        running: &mut JoinSet<JobId>,
        in_flight: &mut HashSet<JobId>,
    ) -> crate::store::Result<Option<Timestamp>> {
        let now = clock::now();
        let kinds: Vec<JobKind> = self.kinds.keys().copied().collect();
        let (due, next) =
            self.store.read(move |tx| Ok((tx.due_jobs(&kinds, now, MAX_BATCH)?, tx.next_job_at(&kinds, now)?))).await?;
        for job in due {
            let Some(work) = self.kinds.get(&job.kind).filter(|_| in_flight.len() < self.max_concurrent) else {
                break;
            };
            if in_flight.insert(job.id) {
                let (store, on_failure) = (self.store.clone(), self.on_failure.get(&job.kind).cloned());
                let future = AssertUnwindSafe(work(job.clone())).catch_unwind();
                running.spawn(async move {
                    // A job that panicked would panic again; a retry would occupy its slot permanently.
                    let outcome = future.await.unwrap_or_else(|_| Err(JobError::Permanent("it panicked".to_owned())));
                    record_outcome(&store, job, outcome, on_failure).await
                });
            }
        }
        Ok(next)
    }
}

/// Retries until the outcome is recorded, because without the record, the job would run again at once, and for example
/// send its mail again.
async fn record_outcome(
    store: &Store,
    job: Job,
    outcome: Result<(), JobError>,
    on_failure: Option<OnFailure>,
) -> JobId {
    let id = job.id;
    let now = clock::now();
    let (error, retry_for) = match outcome {
        Ok(()) => (None, None),
        Err(JobError::Retry(error)) => (Some(error), Some(RETRY_FOR)),
        Err(JobError::RetryFor(retry_for, error)) => (Some(error), Some(retry_for)),
        Err(JobError::Permanent(error)) => (Some(error), None),
    };
    let retry = retry_for.and_then(|retry_for| next_attempt(&job, retry_for, now));
    if let Some(error) = &error {
        let (kind, attempts) = (job.kind.as_str(), job.attempts + 1);
        if let Some((at, _)) = retry {
            tracing::info!(event = "JOB_RETRY", job.id = %id, job.kind = kind, attempts, error, "Job {id} ({kind}) failed; it is retried at {at}");
        } else {
            tracing::warn!(event = "JOB_FAILED", job.id = %id, job.kind = kind, attempts, error, "Job {id} ({kind}) failed permanently; it is not retried");
        }
    }
    let what = format!("the outcome of job {id}");
    write_until_stored(store, &what, move |tx| match (&error, retry) {
        (None, _) => tx.finish_job(&job, now),
        (Some(error), Some((at, longest))) => tx.retry_job(&job, error, at, longest, now),
        (Some(error), None) => {
            if let Some(record) = &on_failure {
                record(tx, &job, error)?;
            }
            tx.fail_job(&job, error, now)
        }
    })
    .await;
    id
}

/// Returns the time of the next attempt, and the age up to which the job is retried. `None` if the job has reached that
/// age. A failure with a short period does not end the longer period of an earlier one, for example of a refused key.
fn next_attempt(job: &Job, retry_for: Duration, now: Timestamp) -> Option<(Timestamp, Duration)> {
    let longest = job.retry_for.max(retry_for);
    let is_hardly_tried = retry_for >= MIN_ATTEMPTS_TAKE && job.attempts + 1 < MIN_ATTEMPTS;
    (now.since(job.created_at) < longest || is_hardly_tried).then(|| (now.plus(back_off(job.attempts)), longest))
}

/// Repeats a write until it succeeds. Records the outcome of a step that must not be repeated; on a full disk, the step
/// waits here.
pub(super) async fn write_until_stored(
    store: &Store,
    what: &str,
    write: impl Fn(&WriteTx<'_>) -> store::Result<()> + Send + Sync + 'static,
) {
    let write = Arc::new(write);
    loop {
        let write = write.clone();
        let Err(error) = store.write(move |tx| write(tx)).await else { return };
        tracing::error!(
            event = "JOBS_FAILED",
            error = &error as &dyn std::error::Error,
            "Cannot record {what}; retrying every {} s until it is recorded",
            AFTER_FAILURE.as_secs()
        );
        tokio::time::sleep(AFTER_FAILURE).await;
    }
}

/// Returns the delay before a retry: one second after the first failure, doubled after each further failure, at most
/// ten minutes, ±25 %.
fn back_off(attempts: u32) -> Duration {
    (Duration::from_secs(1) * 2_u32.pow(attempts.min(10))).min(MAX_BACKOFF).mul_f64(0.75 + entropy::chance() / 2.0)
}

const RETRY_FOR: Duration = Duration::from_hours(24);
/// A job whose retry period is at least [`MIN_ATTEMPTS_TAKE`] is attempted at least this many times, even if the
/// period is over, for example because the daemon was stopped meanwhile.
const MIN_ATTEMPTS: u32 = 12;
/// About the time that [`MIN_ATTEMPTS`] attempts take. Jobs with a shorter retry period have no minimum.
const MIN_ATTEMPTS_TAKE: Duration = Duration::from_mins(30);
const MAX_BACKOFF: Duration = Duration::from_mins(10);
const IDLE: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_secs(5);
const DRAIN: Duration = Duration::from_secs(5);
const MAX_CONCURRENT: usize = 4;
const MAX_BATCH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_outage_does_not_end_the_retries_of_an_earlier_failure() {
        const HOUR: Duration = Duration::from_hours(1);
        let job = Job {
            id: JobId(1),
            kind: JobKind::TranscribeRecording,
            payload: "{}".to_owned(),
            attempts: MIN_ATTEMPTS,
            created_at: Timestamp::from_millis(0),
            retry_for: Duration::ZERO,
        };
        let at = |hours: u32| job.created_at.plus(HOUR * hours);

        let (_, longest) = next_attempt(&job, 30 * HOUR, at(5)).expect("the period of the refused key");
        assert_eq!(longest, 30 * HOUR);
        assert_eq!(next_attempt(&job, 6 * HOUR, at(7)), None, "an outage alone");
        let refused_before = Job { retry_for: longest, ..job.clone() };
        let (next, longest) = next_attempt(&refused_before, 6 * HOUR, at(7)).expect("an outage after a refused key");
        assert!(next > at(7) && next < at(8), "{next}");
        assert_eq!(longest, 30 * HOUR);
        assert_eq!(next_attempt(&refused_before, 6 * HOUR, at(30)), None);
    }
}
