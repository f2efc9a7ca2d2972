//! After an unclean stop, the published file is not written before the live database has been verified, unless it is a
//! torn file whose missing pages are known. Meanwhile the publisher compares the published file with the live database,
//! if the write-ahead log does not show which pages the file lacks. Reading the file needs no lease, because only the
//! service writes it.
//!
//! After a power failure the published file may be torn. The publisher then holds the lease during the comparison, so
//! that a program that copies the file waits. When a program has waited for half of the time after which the kernel
//! breaks a lease, the publisher releases the lease, so that a nightly backup does not hang.

use super::error::PublishError;
use super::image::Image;
use super::phase::{Comparison, Phase, Progress};
use super::publisher::Publisher;
use super::state::Late;
use crate::clock;
use crate::event::Event;
use crate::sys;
use crate::wal::Position;
use std::time::Duration;

impl Publisher {
    pub(super) fn verify(&mut self) -> Result<Progress, PublishError> {
        let Phase::Verifying(mut comparison) = self.phase else { return Ok(Progress::Working) };
        self.pending.spill_to_images(&mut self.images);
        let now = clock::instant();
        if comparison.leased && !self.images[0].is_lease_uncontended() {
            let since = *comparison.opener_since.get_or_insert(now);
            if now.saturating_duration_since(since) > sys::lease_break_time() / 2 {
                self.images[0].release_lease();
                comparison.leased = false;
            }
        }
        if let Some(next) = comparison.next {
            comparison.next = self.compare_from(next)?;
            if comparison.next.is_none() {
                self.observer.report(&Event::CopyCompared {
                    pages: self.pending.page_count,
                    differing: self.images[0].stale.len(),
                    took: clock::instant().saturating_duration_since(comparison.began),
                });
            }
            self.phase = Phase::Verifying(comparison);
            return Ok(Progress::Working);
        }
        self.phase = Phase::Verifying(comparison);
        if self.freeze_if_damaged() {
            return Ok(Progress::Waiting);
        }
        if !self.verification.is_verified() {
            return Ok(Progress::Waiting);
        }
        self.phase = Phase::Exact;
        let outcome = if self.images[0].stale.is_empty() { self.finish_comparison() } else { self.publish() };
        if let Some(image) = self.images.first() {
            image.release_lease();
        }
        outcome
    }

    /// Delays the next write until the live database has been verified.
    pub(super) fn wait_for_verification(&mut self) {
        let may_write = self.verification.is_verified() || !matches!(self.phase, Phase::Exact | Phase::Renaming);
        if !may_write {
            self.phase = Phase::Verifying(Comparison::of_no_pages());
        }
    }

    /// Freezes the published file if the live database is damaged, because the file is then the last undamaged copy.
    /// Returns true if this function has frozen the file.
    pub(super) fn freeze_if_damaged(&mut self) -> bool {
        let is_damaged = self.verification.is_damaged();
        let has_copy = matches!(self.phase, Phase::Exact | Phase::Renaming | Phase::Verifying(_));
        if is_damaged && has_copy {
            self.freeze();
        }
        is_damaged && has_copy
    }

    fn freeze(&mut self) {
        self.observer.report(&Event::CopyFrozen { file: &self.folder.published });
        self.images.iter().for_each(Image::release_lease);
        self.pending.take_commits();
        self.record_write_started(Position::NOWHERE, Position::NOWHERE);
        self.phase = Phase::Frozen;
        self.start_bypass(Late::Frozen, clock::instant());
    }

    pub(super) fn check_for_repair(&mut self) -> Progress {
        self.pending.take_commits();
        if self.verification.is_verified() {
            self.phase = Phase::Verifying(Comparison::of_all_pages(false));
            return Progress::Working;
        }
        self.queue.pause(CHECK_INTERVAL);
        Progress::Waiting
    }

    fn finish_comparison(&mut self) -> Result<Progress, PublishError> {
        self.check_published()?;
        self.record_complete(self.images[0].stamp, self.pending.position);
        Ok(Progress::Current)
    }

    /// Marks the differing pages of a chunk that starts at `first` as stale. Returns the page to continue with; `None`
    /// at the end.
    ///
    /// Each chunk may be compared with another snapshot, because a later commit marks the pages that it changes as
    /// stale.
    fn compare_from(&mut self, first: u32) -> Result<Option<u32>, PublishError> {
        let page_size = self.source.page_size();
        let snapshot = self.source.current_snapshot()?;
        let end = snapshot.page_count().min(first + CHUNK - 1);
        let image = &mut self.images[0];
        if first > end {
            if image.stamp.length != u64::from(snapshot.page_count()) * page_size as u64 {
                image.stale.insert(1);
            }
            return Ok(None);
        }
        for page in image.differing(&snapshot, first..=end, page_size)? {
            image.stale.insert(page);
        }
        Ok(Some(end + 1))
    }
}

/// Number of pages compared at a time.
const CHUNK: u32 = 256;
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
