//! The way when somebody has the published file open for long: another file, which nobody has open, is brought up to
//! date and then exchanges names with it. Whoever reads the old one goes on reading what it was.

use super::image::Image;
use super::in_place::MOST_AT_ONCE;
use super::publisher::{Phase, Progress, Publisher};
use super::trouble::Trouble;
use crate::clock;
use crate::store::sys::{self, LeaseAnswer};
use std::time::Duration;

impl Publisher {
    /// One step of this way: some pages, or the last ones and the exchange.
    pub(super) fn publish_by_exchange(&mut self) -> Result<Progress, Trouble> {
        self.check_published()?;
        let Some(spare) = self.free_spare()? else {
            return self.publish_in_place_at_any_length();
        };
        self.spare_used_at = clock::instant();
        let outcome = self.advance_spare(spare);
        // Also if it is the published one by now.
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
            // Not every file system and not every kernel can do that. Whoever reads the old file goes on reading it; only its
            // name is gone.
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

    /// A spare that nobody has open, with its lease taken: the one that lacks least. Made if need be.
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
        // One that is shared is let go as soon as it has lost the published name.
        let kept = self.images.iter().filter(|image| !image.is_shared()).count();
        if best.is_some() || kept > MOST_SPARES {
            return Ok(best);
        }
        let page_count = self.books.page_count;
        let needed = u64::from(page_count) * self.source.page_size() as u64 + ROOM_LEFT;
        let room = sys::disk_space(self.folder.root()).map_err(Trouble::file("ask for the free space"))?;
        if room.free_bytes < needed {
            return Ok(None);
        }
        let path = (1..).map(|number| self.folder.spare(number));
        let Some(path) = path.into_iter().find(|path| self.images.iter().all(|image| image.path != *path)) else {
            return Ok(None);
        };
        let image = Image::create(&path, &self.folder.published, page_count).map_err(Trouble::file("make a spare"))?;
        image.hold();
        self.images.push(image);
        Ok(Some(self.images.len() - 1))
    }

    /// Somebody may have opened the file for writing while it had the published name: what they wrote is meant to be
    /// there, so it gets the name back.
    fn check_spare(&mut self, spare: usize) -> Result<(), Trouble> {
        let image = &self.images[spare];
        if !image.touched().map_err(Trouble::file("look at a spare"))? {
            return Ok(());
        }
        sys::exchange(&image.path, &self.folder.published).map_err(Trouble::file("give a file its name back"))?;
        Err(Trouble::Foreign("was written to by another program".into()))
    }

    /// No spare is to be had: then the file is written however long it takes, as soon as nobody has it open.
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

    /// What has to be done now and then.
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
            // Commits that nobody told us of are another program's. If it was ours after all, nothing is lost.
            if self.books.fresh().is_empty() && self.source.header()?.change != self.books.change {
                self.images[0].stale.insert(1);
            }
        }
        if now.saturating_duration_since(self.spare_used_at) > QUIET {
            self.drop_spares();
        }
        Ok(())
    }

    /// Spares that somebody has given another name are theirs now.
    fn let_shared_spares_go(&mut self) {
        self.remove_spares(Image::is_shared);
    }

    /// Removes the spares, but for those that somebody has open: he may yet write to what he takes for the published file.
    pub(super) fn drop_spares(&mut self) {
        self.remove_spares(|spare| spare.hold() != LeaseAnswer::Busy);
    }

    /// Removes the spares of which that is true, but none that somebody has written to.
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

/// Pages that are written into a spare before looking again whether the published file is free.
const SLICE: usize = 1024;
const MOST_SPARES: usize = 2;
/// A spare may not take the last room on the disk.
const ROOM_LEFT: u64 = 64 << 20;
const BETWEEN_CHORES: Duration = Duration::from_secs(1);
/// Spares that were not used for this long are removed.
const QUIET: Duration = Duration::from_hours(1);
const _: () = assert!(SLICE <= MOST_AT_ONCE);
