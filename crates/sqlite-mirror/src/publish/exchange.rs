//! Publishes while another process keeps the published file open for long. A spare file, which no process has open, is
//! brought up to date and then exchanges names with the published file. Readers of the old file continue to read the
//! unchanged file.

use super::error::PublishError;
use super::image::Image;
use super::in_place::MAX_PAGES_IN_PLACE;
use super::phase::{Phase, Progress};
use super::publisher::Publisher;
use super::state::ForeignCause;
use crate::clock;
use crate::sys::{self, LeaseAnswer};
use std::ops::RangeInclusive;
use std::time::Duration;

impl Publisher {
    /// Performs one step: writes some pages, or writes the last pages and exchanges the names. Publishes in place if
    /// there is no free spare.
    pub(super) fn publish_by_exchange(&mut self) -> Result<Progress, PublishError> {
        self.check_published()?;
        let Some(spare) = self.free_spare()? else {
            return self.publish_in_place_without_spare();
        };
        self.spare_used_at = clock::instant();
        let outcome = self.advance_spare(spare);
        // One of the images may now have the published name; its lease is released too.
        for image in &self.images {
            image.release_lease();
        }
        outcome
    }

    fn advance_spare(&mut self, spare: usize) -> Result<Progress, PublishError> {
        if !self.write_missing_pages(spare, PAGES_PER_STEP)? {
            return Ok(Progress::Working);
        }
        let began = clock::instant();
        self.check_published()?;
        let stamp = self.images[spare].stamp;
        self.update_record(|record| record.successor = Some(stamp));
        let (published, other) = (self.images[0].path.clone(), self.images[spare].path.clone());
        match sys::exchange(&published, &other) {
            Ok(()) => {
                self.images.swap(0, spare);
                self.images[spare].path = other;
            }
            // Some file systems and kernels do not support the exchange. A plain rename replaces the old file: its
            // readers can continue to read it, but it no longer has a name.
            Err(error) if sys::is_unsupported(&error) => {
                sys::rename(&other, &published).map_err(PublishError::file("give the published file its name"))?;
                let image = self.images.remove(spare);
                self.images[0] = image;
            }
            Err(error) => return Err(PublishError::file("exchange the published file and its spare")(error)),
        }
        self.images[0].path = published;
        self.record_complete(self.images[0].stamp, self.pending.position);
        self.lock_pacer.record_lock(began, clock::instant());
        Ok(Progress::Current)
    }

    /// Returns a leased spare that no other process has open, preferring the one with the fewest missing pages. Creates
    /// a spare if necessary. `None` if there are enough spares already, or the disk has no space for another one.
    fn free_spare(&mut self) -> Result<Option<usize>, PublishError> {
        self.drop_shared_spares();
        let mut best: Option<usize> = None;
        for spare in 1..self.images.len() {
            if self.images[spare].acquire_lease() != LeaseAnswer::Granted {
                continue;
            }
            self.check_spare(spare)?;
            match best.filter(|best| self.images[*best].stale.len() <= self.images[spare].stale.len()) {
                Some(_) => self.images[spare].release_lease(),
                None => {
                    if let Some(worse) = best.replace(spare) {
                        self.images[worse].release_lease();
                    }
                }
            }
        }
        // A file to which another program has made a hard link does not count: the publisher removes such a file as
        // soon as it is a spare.
        let kept = self.images.iter().filter(|image| !image.is_shared()).count();
        if best.is_some() || kept > MAX_SPARES {
            return Ok(best);
        }
        let page_count = self.pending.page_count;
        let needed = u64::from(page_count) * self.source.page_size() as u64 + MIN_FREE;
        let space = sys::disk_space(self.folder.root()).map_err(PublishError::file("determine the free space"))?;
        if space.free_bytes < needed {
            return Ok(None);
        }
        let path = (1..).map(|number| self.folder.spare(number));
        let Some(path) = path.into_iter().find(|path| self.images.iter().all(|image| image.path != *path)) else {
            return Ok(None);
        };
        let image =
            Image::create(&path, &self.folder.published, page_count).map_err(PublishError::file("create a spare"))?;
        image.acquire_lease();
        self.images.push(image);
        Ok(Some(self.images.len() - 1))
    }

    /// Checks for a write to the spare. Another program may have opened the file for writing while the file had the
    /// published name. That write was meant for the published file, so the file gets the published name back.
    fn check_spare(&mut self, spare: usize) -> Result<(), PublishError> {
        let image = &self.images[spare];
        if !image.is_modified().map_err(PublishError::file("inspect a spare"))? {
            return Ok(());
        }
        sys::exchange(&image.path, &self.folder.published).map_err(PublishError::file("give a file its name back"))?;
        Err(PublishError::Foreign(ForeignCause::Changed))
    }

    /// Publishes when no spare is available: waits until no other process has the file open and the file has no second
    /// name, however long that takes, and then writes the file in place.
    fn publish_in_place_without_spare(&mut self) -> Result<Progress, PublishError> {
        match self.images[0].acquire_lease() {
            LeaseAnswer::Granted => {}
            LeaseAnswer::Busy => return Ok(Progress::Busy),
            refused @ (LeaseAnswer::Denied | LeaseAnswer::Unsupported) => return Ok(self.switch_to_renaming(refused)),
        }
        let outcome = self.write_published_completely();
        if let Some(image) = self.images.first() {
            image.release_lease();
        }
        outcome
    }

    /// Runs the periodic tasks, at most once per `MAINTENANCE_INTERVAL`.
    pub(super) fn maintain(&mut self) -> Result<(), PublishError> {
        let now = clock::instant();
        if now < self.maintain_at {
            return Ok(());
        }
        self.maintain_at = now + MAINTENANCE_INTERVAL;
        self.queue.release_buffers();
        self.freeze_if_damaged();
        if matches!(self.phase, Phase::Exact) {
            self.check_published()?;
            for spare in 1..self.images.len() {
                self.check_spare(spare)?;
            }
            // If SQLite's change counter differs, another program has committed. If the commit was the service's own
            // after all, writing one extra page costs nothing.
            if self.pending.commits().is_empty() && self.source.header()?.change != self.pending.change {
                self.images[0].stale.insert(1);
            }
            // In other phases the second image is not an idle spare: it may be the file that is being written.
            if now.saturating_duration_since(self.spare_used_at) > SPARE_IDLE_LIMIT {
                self.drop_spares();
            }
        }
        Ok(())
    }

    /// Deletes the spares if that is requested and no spare is needed. Replies whether none is left.
    pub(super) fn delete_spares_on_request(&mut self) {
        let requests = self.queue.take_spare_deletions();
        if requests.is_empty() {
            return;
        }
        if matches!(self.phase, Phase::Exact) && self.is_up_to_date() {
            self.drop_spares();
        }
        // A spare may also be left without an image, for example after the published file has disappeared.
        let is_spare_left = SPARE_NUMBERS.clone().any(|number| self.folder.spare(number).exists());
        for reply in requests {
            // Sending fails if the caller has dropped its future.
            let _ = reply.send(!is_spare_left);
        }
    }

    /// Drops the spares to which another program has given a second name, because they belong to that program now.
    fn drop_shared_spares(&mut self) {
        self.remove_spares(Image::is_shared);
    }

    /// Deletes the spares, except those that a process has open: that process may still write to the spare, which it
    /// opened as the published file.
    pub(super) fn drop_spares(&mut self) {
        self.remove_spares(|spare| spare.acquire_lease() != LeaseAnswer::Busy);
    }

    /// A spare to which another program has written is kept.
    fn remove_spares(&mut self, is_dropped: impl Fn(&Image) -> bool) {
        let mut spares = self.images.split_off(1.min(self.images.len()));
        spares.retain(|spare| {
            let is_dropped = is_dropped(spare) && !spare.is_modified().unwrap_or(true);
            if is_dropped {
                let _ = std::fs::remove_file(&spare.path);
            }
            !is_dropped
        });
        self.images.append(&mut spares);
    }
}

/// Number of pages to write into a spare before checking again whether the published file is free.
const PAGES_PER_STEP: usize = 1024;
const MAX_SPARES: usize = 2;
/// The numbers in the names of spares: a spare that belongs to another program now may keep a number for a while.
pub(super) const SPARE_NUMBERS: RangeInclusive<usize> = 1..=MAX_SPARES + 1;
/// Bytes that a spare must leave free on the disk.
const MIN_FREE: u64 = 64 << 20;
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(1);
/// If no spare was used for this long, the spares are deleted.
const SPARE_IDLE_LIMIT: Duration = Duration::from_hours(1);
const _: () = assert!(PAGES_PER_STEP <= MAX_PAGES_IN_PLACE);
