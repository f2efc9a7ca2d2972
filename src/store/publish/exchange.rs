//! Publishing while another process keeps the published file open for long: a spare file, which no process has open, is
//! brought up to date and then exchanges names with it. Readers of the old file continue to read it unchanged.

use super::image::Image;
use super::in_place::MOST_AT_ONCE;
use super::publisher::{Phase, Progress, Publisher};
use super::trouble::Trouble;
use crate::clock;
use crate::store::sys::{self, LeaseAnswer};
use std::time::Duration;

impl Publisher {
    /// One step: writes some pages, or the last ones and exchanges the names.
    pub(super) fn publish_by_exchange(&mut self) -> Result<Progress, Trouble> {
        self.check_published()?;
        let Some(spare) = self.free_spare()? else {
            return self.publish_in_place_at_any_length();
        };
        self.spare_used_at = clock::instant();
        let outcome = self.advance_spare(spare);
        // Also the image that is the published one by now.
        for image in &self.images {
            image.release();
        }
        outcome
    }

    fn advance_spare(&mut self, spare: usize) -> Result<Progress, Trouble> {
        if !self.bring_up(spare, SLICE)? {
            return Ok(Progress::Working);
        }
        let began = clock::instant();
        self.check_published()?;
        let stamp = self.images[spare].stamp;
        self.note(|record| record.successor = Some(stamp));
        let (published, other) = (self.images[0].path.clone(), self.images[spare].path.clone());
        match sys::exchange(&published, &other) {
            Ok(()) => {
                self.images.swap(0, spare);
                self.images[spare].path = other;
            }
            // Not every file system and kernel supports the exchange. Readers of the old file continue to read it; only
            // its name is gone.
            Err(error) if sys::is_unable(&error) => {
                sys::rename(&other, &published).map_err(Trouble::file("give the published file its name"))?;
                let image = self.images.remove(spare);
                self.images[0] = image;
            }
            Err(error) => return Err(Trouble::file("exchange the published file and its spare")(error)),
        }
        self.images[0].path = published;
        self.note_whole(self.images[0].stamp, self.books.position);
        self.pace.locked(began, clock::instant());
        Ok(Progress::Current)
    }

    /// A leased spare that no other process has open: the one that lacks the fewest pages. Created if necessary.
    fn free_spare(&mut self) -> Result<Option<usize>, Trouble> {
        self.let_shared_spares_go();
        let mut best: Option<usize> = None;
        for spare in 1..self.images.len() {
            if self.images[spare].hold() != LeaseAnswer::Granted {
                continue;
            }
            self.check_spare(spare)?;
            match best.filter(|best| self.images[*best].stale.len() <= self.images[spare].stale.len()) {
                Some(_) => self.images[spare].release(),
                None => {
                    if let Some(worse) = best.replace(spare) {
                        self.images[worse].release();
                    }
                }
            }
        }
        // A spare with another name is dropped as soon as it has lost the published name, so it does not count.
        let kept = self.images.iter().filter(|image| !image.is_shared()).count();
        if best.is_some() || kept > MOST_SPARES {
            return Ok(best);
        }
        let page_count = self.books.page_count;
        let needed = u64::from(page_count) * self.source.page_size() as u64 + ROOM_LEFT;
        let room = sys::disk_space(self.folder.root()).map_err(Trouble::file("determine the free space"))?;
        if room.free_bytes < needed {
            return Ok(None);
        }
        let path = (1..).map(|number| self.folder.spare(number));
        let Some(path) = path.into_iter().find(|path| self.images.iter().all(|image| image.path != *path)) else {
            return Ok(None);
        };
        let image =
            Image::create(&path, &self.folder.published, page_count).map_err(Trouble::file("create a spare"))?;
        image.hold();
        self.images.push(image);
        Ok(Some(self.images.len() - 1))
    }

    /// Another program may have opened the file for writing while it had the published name: what it wrote was meant
    /// for the published file, so the file gets the name back.
    fn check_spare(&mut self, spare: usize) -> Result<(), Trouble> {
        let image = &self.images[spare];
        if !image.touched().map_err(Trouble::file("inspect a spare"))? {
            return Ok(());
        }
        sys::exchange(&image.path, &self.folder.published).map_err(Trouble::file("give a file its name back"))?;
        Err(Trouble::Foreign("was written to by another program".into()))
    }

    /// No spare is available: the file is written however long that takes, as soon as no other process has it open.
    fn publish_in_place_at_any_length(&mut self) -> Result<Progress, Trouble> {
        match self.images[0].hold() {
            LeaseAnswer::Granted => {}
            LeaseAnswer::Busy => return Ok(Progress::Busy),
            refused @ (LeaseAnswer::Denied | LeaseAnswer::Unsupported) => return Ok(self.rename_from_now_on(refused)),
        }
        let outcome = self.write_published_at_any_length(clock::instant());
        if let Some(image) = self.images.first() {
            image.release();
        }
        outcome
    }

    /// Periodic maintenance.
    pub(super) fn chores(&mut self) -> Result<(), Trouble> {
        let now = clock::instant();
        if now < self.chores_at {
            return Ok(());
        }
        self.chores_at = now + BETWEEN_CHORES;
        self.queue.rest();
        self.freeze_if_damaged();
        if matches!(self.phase, Phase::Exact) {
            self.check_published()?;
            for spare in 1..self.images.len() {
                self.check_spare(spare)?;
            }
            // Unknown commits were made by another program. If the commit was the service's own after all, the extra
            // page costs nothing.
            if self.books.fresh().is_empty() && self.source.header()?.change != self.books.change {
                self.images[0].stale.insert(1);
            }
        }
        if now.saturating_duration_since(self.spare_used_at) > QUIET {
            self.drop_spares();
        }
        Ok(())
    }

    /// Drops spares to which another program has given a second name: they belong to that program now.
    fn let_shared_spares_go(&mut self) {
        self.remove_spares(Image::is_shared);
    }

    /// Removes the spares, except those that a process has open: it may yet write to a file that it takes for the
    /// published one.
    pub(super) fn drop_spares(&mut self) {
        self.remove_spares(|spare| spare.hold() != LeaseAnswer::Busy);
    }

    /// Removes the spares selected by `goes`, but none that another program has written to.
    fn remove_spares(&mut self, goes: impl Fn(&Image) -> bool) {
        let mut spares = self.images.split_off(1.min(self.images.len()));
        spares.retain(|spare| {
            let goes = goes(spare) && !spare.touched().unwrap_or(true);
            if goes {
                let _ = std::fs::remove_file(&spare.path);
            }
            !goes
        });
        self.images.append(&mut spares);
    }
}

/// Number of pages written into a spare before checking again whether the published file is free.
const SLICE: usize = 1024;
const MOST_SPARES: usize = 2;
/// Disk space that a spare leaves free.
const ROOM_LEFT: u64 = 64 << 20;
const BETWEEN_CHORES: Duration = Duration::from_secs(1);
/// Spares that were unused for this long are removed.
const QUIET: Duration = Duration::from_hours(1);
const _: () = assert!(SLICE <= MOST_AT_ONCE);
