//! The thread that keeps the published file equal to the live database.

use super::error::PublishError;
use super::image::Image;
use super::late;
use super::pending_changes::PendingChanges;
use super::phase::{InstallMode, Phase, Progress};
use super::queue::Queue;
use super::running_check::RunningCheck;
use super::source::Source;
use super::state::{ForeignCause, Late};
use crate::clock;
use crate::event::{Event, Observer};
use crate::file_stamp::{ExactStamp, FileStamp};
use crate::folder::{Folder, sync_folder};
use crate::run_state::{PublishedRecord, Record, RunState};
use crate::verification::Verification;
use crate::wal::Position;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Publisher {
    pub folder: Folder,
    pub queue: Arc<Queue>,
    pub source: Source,
    pub state: Arc<RunState>,
    pub verification: Arc<Verification>,
    pub pending: PendingChanges,
    /// The published file first, if it exists; then the spares, or the file that is being built.
    pub images: Vec<Image>,
    pub phase: Phase,
    pub lock_pacer: LockPacer,
    /// The time of the first [`Progress::Busy`] since the last [`Progress::Current`].
    pub busy_since: Option<Instant>,
    pub maintain_at: Instant,
    /// The time at which a spare was last needed.
    pub spare_used_at: Instant,
    /// Requested checks of the whole file, oldest first.
    pub checks: VecDeque<RunningCheck>,
    pub observer: Observer,
}

impl Publisher {
    /// Runs until the database is being closed, and everything is published or publishing is given up.
    pub(super) fn run(&mut self) {
        loop {
            let batch = self.queue.take(self.next_check(), clock::instant);
            self.pending.add(batch, &mut self.images);
            let wait = self.lock_pacer.remaining(clock::instant());
            if !wait.is_zero() && matches!(self.phase, Phase::Exact | Phase::Renaming) {
                self.queue.pause(wait);
                let more = self.queue.take_now();
                self.pending.add(more, &mut self.images);
            }
            self.advance();
            self.continue_checks();
            self.delete_spares_on_request();
            if self.pending.stop && self.is_settled() {
                return self.finish();
            }
        }
    }

    pub(super) fn advance(&mut self) {
        let outcome = self.maintain().and_then(|()| self.step());
        match outcome {
            Ok(Progress::Current) => {
                self.busy_since = None;
                self.queue.published(self.pending.committed, clock::instant());
                if let Some(published) = self.images.first() {
                    late::record_caught_up(&self.queue, &self.state, &self.observer, published.stamp);
                }
                self.wait_for_verification();
            }
            Ok(Progress::Working) => {}
            Ok(Progress::Busy) => {
                self.busy_since.get_or_insert_with(clock::instant);
                self.queue.pause(RETRY_INTERVAL);
            }
            Ok(Progress::Waiting) => self.queue.pause(VERIFICATION_POLL_INTERVAL),
            Err(error) => self.handle_error(error),
        }
    }

    fn step(&mut self) -> Result<Progress, PublishError> {
        match self.phase {
            Phase::Exact => self.publish(),
            Phase::Verifying(_) => self.verify(),
            Phase::Frozen => Ok(self.check_for_repair()),
            // Replacing the file is not allowed yet: it may be the only undamaged copy.
            Phase::Building(InstallMode::Replace) if !self.verification.is_verified() => Ok(Progress::Waiting),
            Phase::Building(install_mode) => self.build(install_mode),
            Phase::Renaming => self.publish_by_renaming(),
            Phase::Foreign => self.check_for_free_name(),
        }
    }

    /// Returns when to continue if no commit arrives before.
    pub(super) fn next_check(&self) -> Instant {
        let is_idle = match self.phase {
            Phase::Foreign | Phase::Frozen => true,
            Phase::Exact | Phase::Renaming => self.is_up_to_date(),
            Phase::Verifying(_) | Phase::Building(_) => false,
        };
        let next = if is_idle { self.maintain_at } else { clock::instant() };
        self.checks.front().map_or(next, |check| next.min(check.next_at))
    }

    /// Returns true if the published file lacks none of the added commits.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.pending.commits().is_empty() && self.images.first().is_some_and(|image| image.stale.is_empty())
    }

    pub(super) fn handle_error(&mut self, error: PublishError) {
        let now = clock::instant();
        match error {
            PublishError::Missing => {
                self.observer.report(&Event::CopyGone { file: &self.folder.published });
                self.images.clear();
                self.phase = Phase::Building(InstallMode::Free);
            }
            PublishError::Foreign(cause) => self.abandon_foreign_file(cause, now),
            PublishError::Failed(cause) => {
                self.start_bypass(Late::Behind(cause), now);
                self.record_write_failure();
                self.queue.pause(FAILURE_RETRY_INTERVAL);
            }
        }
    }

    fn abandon_foreign_file(&mut self, cause: ForeignCause, now: Instant) {
        self.observer.report(&Event::CopyForeign { file: &self.folder.published, cause: &cause });
        self.images.clear();
        self.pending.take_commits();
        let foreign = self.foreign_stamp();
        self.update_record(|record| *record = Record { foreign, ..record.of_a_new_run(self.state.boot()) });
        // The state is synced: after a power failure the file must not count as the service's own again.
        let _ = self.state.sync();
        self.phase = Phase::Foreign;
        self.start_bypass(Late::Foreign(cause), now);
    }

    /// Records how the foreign file has changed since it was found, for example because a program was still writing it.
    /// The next start must not mistake it for a file that was placed there while the service was off.
    pub(super) fn record_foreign(&self) {
        self.update_record(|record| {
            if record.foreign.is_some() {
                record.foreign = self.foreign_stamp();
            }
        });
    }

    fn foreign_stamp(&self) -> Option<ExactStamp> {
        std::fs::symlink_metadata(&self.folder.published).ok().map(|found| ExactStamp::of(&found))
    }

    /// Returns true if nothing remains to be published before the database is closed, or publishing is given up.
    fn is_settled(&self) -> bool {
        match self.phase {
            // Nothing more has to be published before the shutdown, because the next start compares the published file
            // with the live database.
            Phase::Foreign | Phase::Frozen | Phase::Verifying(_) => true,
            Phase::Exact | Phase::Renaming => self.is_up_to_date() || self.gives_up(),
            Phase::Building(_) => self.gives_up(),
        }
    }

    fn gives_up(&self) -> bool {
        self.busy_since.is_some_and(|since| clock::instant().saturating_duration_since(since) > SHUTDOWN_TIMEOUT)
            || !self.queue.is_current()
    }

    fn finish(&mut self) {
        let is_complete = matches!(self.phase, Phase::Exact | Phase::Renaming) && self.is_up_to_date();
        let on_disk = is_complete
            && self
                .fsync()
                .inspect_err(|error| {
                    self.observer.report(&Event::CopyUnsynced { error });
                })
                .is_ok();
        if !on_disk {
            self.update_record(|record| {
                if let Some(published) = &mut record.published {
                    published.writing = Some(Position::NOWHERE);
                }
            });
        }
        self.drop_spares();
        self.record_foreign();
    }

    fn fsync(&self) -> io::Result<()> {
        self.images.first().map_or(Ok(()), Image::sync)?;
        sync_folder(self.folder.live())?;
        sync_folder(self.folder.root())
    }

    /// Records that a write of the published file starts. After a crash, `from` is the position to continue from. The
    /// WAL up to `to` shows whether the file is the one that was being written.
    pub(super) fn record_write_started(&self, from: Position, to: Position) {
        self.update_record(|record| {
            if let Some(published) = &mut record.published {
                *published = PublishedRecord { position: from, writing: Some(to), ..*published };
            }
        });
    }

    /// After a failure it is unknown which pages the file lacks.
    fn record_write_failure(&self) {
        let image = self.images.first().filter(|image| image.path == self.folder.published);
        self.update_record(|record| {
            if let Some(published) = &mut record.published {
                let stamp = image.map_or(published.stamp, |image| image.stamp);
                *published = PublishedRecord { stamp, position: Position::NOWHERE, writing: Some(Position::NOWHERE) };
            }
        });
    }

    pub(super) fn record_complete(&self, stamp: FileStamp, position: Position) {
        self.update_record(|record| {
            record.published = Some(PublishedRecord { stamp, position, writing: None });
            (record.successor, record.foreign, record.adopt) = (None, None, false);
        });
    }

    pub(super) fn update_record(&self, change: impl FnOnce(&mut Record)) {
        late::report_write_error(&self.observer, self.state.change(change));
    }

    /// Acknowledges commits from here on, although the copy is not current.
    pub(super) fn start_bypass(&self, kind: Late, now: Instant) {
        late::start_bypass(&self.queue, &self.state, &self.observer, kind, now);
    }

    pub(super) fn recycle_buffers(&mut self) {
        let deltas = self.pending.take_commits();
        self.queue.recycle(deltas);
    }
}

/// Limits the fraction of time for which the published file is locked against other processes.
#[derive(Debug)]
pub(super) struct LockPacer {
    longest: Duration,
    next: Option<Instant>,
}

impl LockPacer {
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, next: None }
    }

    /// Records that other processes could not open the file from `began` to `ended`.
    pub(super) fn record_lock(&mut self, began: Instant, ended: Instant) {
        let pause = ended.saturating_duration_since(began) * FREE_FACTOR;
        self.next = Some(ended + pause.min(self.longest));
    }

    pub(super) fn remaining(&self, now: Instant) -> Duration {
        self.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }
}

/// After each lock, the file stays unlocked for this many times the duration of the lock, up to a limit.
const FREE_FACTOR: u32 = 20;
const RETRY_INTERVAL: Duration = Duration::from_micros(500);
const VERIFICATION_POLL_INTERVAL: Duration = Duration::from_millis(2);
const FAILURE_RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// How long closing the database waits for processes that have the published file open.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_free_most_of_the_time() {
        let mut lock_pacer = LockPacer::new(Duration::from_millis(5));
        let began = clock::instant();
        assert_eq!(lock_pacer.remaining(began), Duration::ZERO);
        lock_pacer.record_lock(began, began + Duration::from_micros(100));
        assert_eq!(lock_pacer.remaining(began + Duration::from_micros(100)), Duration::from_millis(2));
        lock_pacer.record_lock(began, began + Duration::from_millis(40));
        assert_eq!(lock_pacer.remaining(began + Duration::from_millis(40)), Duration::from_millis(5));
    }
}
