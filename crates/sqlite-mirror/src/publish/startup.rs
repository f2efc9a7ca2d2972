//! Starts the publisher. Before the first write is acknowledged, the published file is current, or it is the file of
//! the last run with everything that run had acknowledged, or it is reported as late.

use super::error::PublishError;
use super::exchange::SPARE_NUMBERS;
use super::file_state::{FileState, MissingPages};
use super::image::Image;
use super::pending_changes::PendingChanges;
use super::phase::{Comparison, InstallMode, Phase};
use super::publisher::{LockPacer, Publisher};
use super::queue::Queue;
use super::source::Source;
use super::state::{ForeignCause, Late, LateCause};
use crate::clock;
use crate::event::{Event, Observer};
use crate::file_stamp::FileStamp;
use crate::folder::Folder;
use crate::run_state::{PublishedRecord, Record, RunState};
use crate::sys::LeaseAnswer;
use crate::verification::Verification;
use crate::wal::{Header, Position, WalFiles};
use crate::{Error, Result};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct PublisherContext {
    pub folder: Folder,
    pub queue: Arc<Queue>,
    pub wal: WalFiles,
    pub state: Arc<RunState>,
    pub verification: Arc<Verification>,
    pub max_pause: Duration,
    pub observer: Observer,
}

impl Publisher {
    /// Creates a publisher for the published file in the state that the start has found. A file that can be opened as a
    /// database is not written before the live database has been verified.
    pub(super) fn prepare(context: &PublisherContext, found: &FileState, from: Header) -> Result<Self> {
        let mut publisher = Self::unattached(context, from, Phase::Building(InstallMode::Free))?;
        publisher.clean_up_spares();
        let (image, missing) = match found {
            FileState::Missing => {
                publisher.update_record(|record| *record = record.of_a_new_run(context.state.boot()));
                return Ok(publisher);
            }
            FileState::Foreign { cause, examine_again } => {
                publisher.handle_error(PublishError::Foreign(cause.clone()));
                if *examine_again {
                    publisher.update_record(|record| record.foreign = None);
                }
                return Ok(publisher);
            }
            FileState::Ours(missing) | FileState::Torn(missing) => match Image::open(&context.folder.published) {
                Ok(image) => (image, *missing),
                Err(error) => {
                    let cause = ForeignCause::Unreadable(error.to_string());
                    publisher.handle_error(PublishError::Foreign(cause));
                    return Ok(publisher);
                }
            },
        };
        let is_torn = matches!(found, FileState::Torn(_));
        publisher.attach_image(image, missing, is_torn, &context.wal);
        Ok(publisher)
    }

    /// Creates a replacement for a publisher that panicked. What the panicked publisher wrote last is unknown, so the
    /// replacement creates a new file.
    pub(super) fn replacement(context: &PublisherContext) -> Result<Self> {
        let header = context.wal.header().map_err(Error::log_unreadable)?;
        let install_mode =
            if context.state.record().published.is_some() { InstallMode::Replace } else { InstallMode::Free };
        Self::unattached(context, header, Phase::Building(install_mode))
    }

    /// Publishes until the file is current, or until it is clear that the file cannot become current soon.
    /// `START_TIMEOUT` limits the wait for a comparison and for other processes.
    pub(super) fn catch_up(&mut self) {
        let deadline = clock::instant() + START_TIMEOUT;
        loop {
            let batch = self.queue.take_now();
            self.pending.add(batch, &mut self.images);
            match self.phase {
                Phase::Frozen | Phase::Foreign => return,
                Phase::Verifying(_) if !self.verification.is_verified() || self.takes_long_to_verify() => return,
                Phase::Exact | Phase::Renaming if self.is_up_to_date() => return,
                Phase::Exact | Phase::Renaming | Phase::Building(_) | Phase::Verifying(_) => self.advance(),
            }
            let now = clock::instant();
            if now <= deadline {
                continue;
            }
            if matches!(self.queue.status(), Some((_, Late::Behind(_)))) {
                return;
            }
            if matches!(self.phase, Phase::Verifying(_)) {
                self.start_bypass(Late::Behind(LateCause::Compared), now);
                return;
            }
            // The start must not wait longer for a process that keeps the file open.
            if self.busy_since.is_some_and(|since| now.saturating_duration_since(since) > START_TIMEOUT) {
                self.start_bypass(Late::Behind(LateCause::OpenWithoutSpace), now);
                return;
            }
        }
    }

    fn unattached(context: &PublisherContext, from: Header, phase: Phase) -> Result<Self> {
        let source = Source::open(&context.folder.database(), context.wal.clone())?;
        let page_count = source.current_snapshot()?.page_count();
        let now = clock::instant();
        Ok(Self {
            folder: context.folder.clone(),
            queue: context.queue.clone(),
            source,
            state: context.state.clone(),
            verification: context.verification.clone(),
            pending: PendingChanges::new(from, page_count),
            images: Vec::new(),
            phase,
            lock_pacer: LockPacer::new(context.max_pause),
            busy_since: None,
            maintain_at: now,
            spare_used_at: now,
            checks: VecDeque::new(),
            observer: context.observer.clone(),
        })
    }

    fn attach_image(&mut self, image: Image, missing: MissingPages, is_torn: bool, wal: &WalFiles) {
        let stamp = image.stamp;
        self.images.push(image);
        let pages = match missing {
            MissingPages::Nothing => Some(Vec::new()),
            // `None` if the WAL has restarted since that position or cannot be read.
            MissingPages::Since(position) => wal.pages_since(position, self.source.page_size()).unwrap_or_default(),
            MissingPages::Any => None,
        };
        self.phase = if let Some(pages) = pages {
            for page in pages {
                self.images[0].stale.insert(page);
            }
            if is_torn {
                // Page 1 contains the header, which is zeroed in a torn file.
                self.images[0].stale.insert(1);
            }
            // A torn file is not a valid copy, so overwriting it loses nothing.
            let at_once = is_torn || self.verification.is_verified();
            if at_once { Phase::Exact } else { Phase::Verifying(Comparison::of_no_pages()) }
        } else {
            // After a power failure the file may be torn although its header is valid.
            let may_be_torn = missing == MissingPages::Any && !is_torn && !self.verification.is_verified();
            let leased = may_be_torn && self.images[0].acquire_lease() == LeaseAnswer::Granted;
            Phase::Verifying(Comparison::of_all_pages(leased))
        };
        let position = match missing {
            MissingPages::Nothing => self.pending.position,
            MissingPages::Since(position) => position,
            MissingPages::Any => Position::NOWHERE,
        };
        let was_behind = self.state.record().was_behind(stamp);
        let published = Some(PublishedRecord { stamp, position, writing: None });
        self.update_record(|record| *record = Record { published, ..record.of_a_new_run(self.state.boot()) });
        let is_late = was_behind && matches!(self.phase, Phase::Verifying(_));
        if is_late || self.takes_long_to_verify() {
            self.start_bypass(Late::Behind(LateCause::Compared), clock::instant());
        }
    }

    /// Returns true if the published file is being verified and is too large to become current while a caller waits.
    fn takes_long_to_verify(&self) -> bool {
        matches!(self.phase, Phase::Verifying(_))
            && self.images.first().is_some_and(|image| image.stamp.length >= LARGE)
    }

    /// Deletes the spares of the last run. A spare without the service's mark is kept, because it may contain another
    /// program's data.
    fn clean_up_spares(&self) {
        for number in SPARE_NUMBERS {
            let path = self.folder.spare(number);
            let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
            let is_foreign = !super::image::has_marker(&FileStamp::of(&metadata)) && metadata.len() > 0;
            let outcome = if is_foreign {
                let kept = self.folder.kept(&format!("{}-{number}", clock::now_ms() / 1000));
                std::fs::rename(&path, &kept).inspect(|()| self.observer.report(&Event::SpareKept { file: &kept }))
            } else {
                std::fs::remove_file(&path)
            };
            if let Err(error) = outcome {
                self.observer.report(&Event::SpareStuck { file: &path, error: &error });
            }
        }
    }
}

/// A published file of this many bytes or more cannot be compared while a caller waits.
const LARGE: u64 = 256 << 20;
/// After this time, a start no longer waits for the comparison of the published file, or for another process that has
/// that file open. Later writes are then acknowledged before the file contains them.
const START_TIMEOUT: Duration = Duration::from_secs(3);
