//! Publishes in place, which is the usual case: no other process has the published file open, so the publisher acquires
//! the lease and writes the changed pages into the file.

use super::error::PublishError;
use super::image::Page;
use super::phase::{Phase, Progress};
use super::publisher::Publisher;
use super::state::{ForeignCause, Late, LateCause};
use crate::clock;
use crate::event::Event;
use crate::fault_injection;
use crate::file_stamp::FileStamp;
use crate::sys::{self, LeaseAnswer};
use crate::wal::{Changes, Content, Delta, Position};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

impl Publisher {
    /// Brings the published file up to date, in place or by exchange.
    pub(super) fn publish(&mut self) -> Result<Progress, PublishError> {
        if self.pending.commits().is_empty() && self.images[0].stale.is_empty() {
            return Ok(Progress::Current);
        }
        let (is_large, lacking) = (self.is_large(), self.images[0].stale.len());
        if lacking > MAX_PAGES_IN_PLACE && !is_large {
            return self.publish_by_exchange();
        }
        let began = clock::instant();
        match self.images[0].acquire_lease() {
            LeaseAnswer::Granted => {
                let outcome = if lacking > MAX_PAGES_IN_PLACE_IF_LARGE {
                    Ok(Progress::Busy)
                } else {
                    self.write_published_completely()
                };
                if let Some(image) = self.images.first() {
                    image.release_lease();
                }
                self.lock_pacer.record_lock(began, clock::instant());
                match outcome? {
                    Progress::Busy => self.publish_by_exchange(),
                    progress => Ok(progress),
                }
            }
            LeaseAnswer::Busy => self.wait_for_reader(is_large, began),
            refused @ (LeaseAnswer::Denied | LeaseAnswer::Unsupported) => Ok(self.switch_to_renaming(refused)),
        }
    }

    /// Decides what to do while another process has the published file open.
    ///
    /// A small file is replaced with a spare after [`READER_TIMEOUT`]. A spare of a large file is a full copy of the
    /// database, and a nightly backup of the published file would require such a copy every night. So for a large file
    /// the publisher waits until the process closes it. Meanwhile the callers do not wait (the copy is reported as
    /// late). After [`LARGE_FILE_READER_TIMEOUT`] the publisher creates a spare nevertheless.
    fn wait_for_reader(&mut self, is_large: bool, now: Instant) -> Result<Progress, PublishError> {
        let waited = self.busy_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        if waited < READER_TIMEOUT {
            return Ok(Progress::Busy);
        }
        if !is_large || waited >= LARGE_FILE_READER_TIMEOUT {
            return self.publish_by_exchange();
        }
        self.start_bypass(Late::Behind(LateCause::OpenElsewhere), now);
        self.queue.pause(LATE_RETRY_INTERVAL);
        Ok(Progress::Busy)
    }

    fn is_large(&self) -> bool {
        let bytes = u64::from(self.pending.page_count) * self.source.page_size() as u64;
        bytes > fault_injection::large_threshold().unwrap_or(LARGE)
    }

    /// Switches to replacing the whole published file on each update.
    pub(super) fn switch_to_renaming(&mut self, refused: LeaseAnswer) -> Progress {
        let file = &self.folder.published;
        self.observer.report(&if refused == LeaseAnswer::Denied {
            Event::CopyNotOwned { file }
        } else {
            Event::NoLeases { file }
        });
        self.phase = Phase::Renaming;
        Progress::Working
    }

    /// Calls [`Publisher::write_published`] until no page is missing. The header is zeroed meanwhile, so the lease must
    /// be held until the end: a program that opens the file earlier would read zeros and report success. The kernel
    /// limits the time of the lease only while another process waits for it.
    pub(super) fn write_published_completely(&mut self) -> Result<Progress, PublishError> {
        if self.check_published()? > 1 {
            // The file has a second name, through which another program may use its content.
            return Ok(Progress::Busy);
        }
        let mut opener_since = None;
        loop {
            let outcome = self.write_published();
            if !matches!(outcome, Ok(Progress::Working)) {
                if let Some(since) = opener_since {
                    self.report_a_broken_lease(clock::instant().saturating_duration_since(since));
                }
                return outcome;
            }
            if opener_since.is_none() && !self.images[0].is_lease_uncontended() {
                opener_since = Some(clock::instant());
            }
            self.check_published()?;
        }
    }

    fn report_a_broken_lease(&self, waited: Duration) {
        if waited >= sys::lease_break_time() {
            self.observer.report(&Event::LeaseBroken { file: &self.folder.published, waited });
        }
    }

    /// The caller must hold the lease of the published file.
    fn write_published(&mut self) -> Result<Progress, PublishError> {
        if self.images[0].stale.is_empty() {
            self.write_commits()?;
            return Ok(Progress::Current);
        }
        if self.write_missing_pages(0, MAX_PAGES_IN_PLACE)? {
            self.record_complete(self.images[0].stamp, self.pending.position);
            return Ok(Progress::Current);
        }
        Ok(Progress::Working)
    }

    /// Checks that the published name still refers to the service's file and that no other program has written to the
    /// file. Returns the number of names (hard links) of the file.
    pub(super) fn check_published(&self) -> Result<u64, PublishError> {
        let image = &self.images[0];
        match std::fs::symlink_metadata(&image.path) {
            Ok(found) if FileStamp::of(&found) == image.stamp => Ok(found.nlink()),
            Ok(found) if FileStamp::of(&found).inode == image.stamp.inode => {
                Err(PublishError::Foreign(ForeignCause::Changed))
            }
            Ok(_) => Err(PublishError::Foreign(ForeignCause::Replaced)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PublishError::Missing),
            Err(error) => Err(PublishError::file("inspect the published file")(error)),
        }
    }

    /// Writes the page content that is in memory.
    fn write_commits(&mut self) -> Result<(), PublishError> {
        self.record_write_started(self.published_position(), self.pending.position);
        let pages = latest_pages(self.pending.commits());
        let (published, spares) = self.images.split_at_mut(1);
        self.pending.mark_stale(spares);
        let written = published[0].write(&pages, self.pending.page_count, self.source.page_size(), true);
        written.map_err(PublishError::file("write the published file"))?;
        self.record_complete(self.images[0].stamp, self.pending.position);
        self.recycle_buffers();
        Ok(())
    }

    /// Returns the position in the WAL up to which the published file is known to be complete; `NOWHERE` if it is
    /// unknown.
    fn published_position(&self) -> Position {
        self.state.record().published.map_or(Position::NOWHERE, |published| published.position)
    }

    /// Writes up to `most` of the pages that an image lacks. Returns true if the image is complete afterwards.
    pub(super) fn write_missing_pages(&mut self, which: usize, most: usize) -> Result<bool, PublishError> {
        let deltas = self.pending.spill_to_images(&mut self.images);
        self.queue.recycle(deltas);
        let (snapshot, batch) = self.source.snapshot(&self.queue)?;
        self.pending.add(batch, &mut self.images);
        self.pending.spill_to_images(&mut self.images);
        self.pending.sync_with_snapshot(&snapshot, &mut self.images, &self.observer);

        let (page_count, page_size) = (snapshot.page_count(), self.source.page_size());
        self.images[which].stale.remove_beyond(page_count);
        let numbers: Vec<u32> = self.images[which].stale.iter().take(most).collect();
        let complete = numbers.len() == self.images[which].stale.len();
        let mut content = Vec::with_capacity(numbers.len() * page_size);
        for number in &numbers {
            snapshot.read(*number, &mut content)?;
        }
        drop(snapshot);
        if self.images[which].path == self.folder.published {
            // The WAL contains what the file lacks, from the recorded position on. If the WAL does not contain all of
            // it, the position is `NOWHERE`.
            self.record_write_started(self.published_position(), self.pending.position);
        }
        let pages: Vec<Page<'_>> = numbers.into_iter().zip(content.chunks_exact(page_size)).collect();
        self.images[which]
            .write(&pages, page_count, page_size, complete)
            .map_err(PublishError::file("write the published file"))?;
        Ok(complete)
    }
}

/// Returns the pages of several commits in ascending order, each with its newest content.
fn latest_pages(deltas: &[Delta]) -> Vec<Page<'_>> {
    let contents = deltas.iter().filter_map(|delta| match &delta.changes {
        Changes::Content(content) => Some(content),
        Changes::Numbers(_) | Changes::Unknown => None,
    });
    // Newest first, so that the stable sort puts the newest content of each page first.
    let mut pages: Vec<Page<'_>> = contents.flat_map(Content::pages).collect();
    pages.reverse();
    pages.sort_by_key(|(number, _)| *number);
    pages.dedup_by_key(|(number, _)| *number);
    pages
}

/// Maximum number of pages written into the published file at a time. If a small file lacks more pages, another file is
/// written and replaces it.
pub(super) const MAX_PAGES_IN_PLACE: usize = 4096;
/// Maximum number of pages written into a large published file: 256 MB, which takes up to a few seconds to write. This
/// limit is higher than the one of a small file, because another file would be a further complete copy.
const MAX_PAGES_IN_PLACE_IF_LARGE: usize = 65_536;
/// How long a process may keep a small file open before a spare replaces it. For a large file, callers stop waiting
/// after this time.
const READER_TIMEOUT: Duration = Duration::from_millis(100);
/// How long a process may keep a large file open before a spare replaces it. Longer than copying a few GB takes.
const LARGE_FILE_READER_TIMEOUT: Duration = Duration::from_mins(5);
/// A file with more bytes than this is large.
const LARGE: u64 = 256 << 20;
/// How long the publisher waits between two attempts to write a large file while no caller waits for the published
/// copy.
const LATE_RETRY_INTERVAL: Duration = Duration::from_millis(10);
