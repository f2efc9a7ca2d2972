//! Gives the published name to a new file, if there is none yet or none any more, and on file systems without leases.

use super::image::Image;
use super::publisher::{Naming, Phase, Progress, Publisher};
use super::trouble::Trouble;
use crate::clock;
use crate::store::reserve;
use crate::store::stamp::Stamp;
use crate::store::sys::{self, LeaseAnswer};
use std::io;

impl Publisher {
    /// One step of writing the file that gets the published name: some pages, or the last ones and the name.
    pub(super) fn build(&mut self, naming: Naming) -> Result<Progress, Trouble> {
        if self.images.is_empty() {
            let image = self.new_image()?;
            self.images.push(image);
        }
        let building = self.images.len() - 1;
        let is_complete = self.bring_up(building, SLICE);
        if matches!(is_complete, Err(Trouble::Failed(_))) {
            // The live database needs the space that the file takes on a full disk.
            if let Some(unfinished) = self.images.pop() {
                let _ = std::fs::remove_file(&unfinished.path);
            }
        }
        if !is_complete? {
            return Ok(Progress::Working);
        }
        self.name(building, naming)?;
        Ok(Progress::Current)
    }

    /// Without leases it is unknown which processes read a file, so each state of the database gets a new file.
    pub(super) fn publish_by_renaming(&mut self) -> Result<Progress, Trouble> {
        if self.books.fresh().is_empty() && self.images[0].stale.is_empty() {
            return Ok(Progress::Current);
        }
        self.check_published()?;
        let began = clock::instant();
        if self.images.len() < 2 {
            let image = self.new_image()?;
            self.images.push(image);
        }
        let building = self.images.len() - 1;
        if !self.bring_up(building, SLICE)? {
            return Ok(Progress::Working);
        }
        self.check_published()?;
        self.name(building, Naming::Replace)?;
        self.pace.locked(began, clock::instant());
        Ok(Progress::Current)
    }

    /// Checks whether the published name, which a foreign file has, is free again.
    pub(super) fn look_for_free_name(&mut self) -> Result<Progress, Trouble> {
        self.books.take_fresh();
        match std::fs::symlink_metadata(&self.folder.published) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Trouble::Gone),
            _ => {
                self.note_foreign();
                self.queue.pause(BETWEEN_LOOKS);
                Ok(Progress::Busy)
            }
        }
    }

    fn new_image(&self) -> Result<Image, Trouble> {
        let (path, like) = (self.folder.unfinished("agentlocator.db"), &self.folder.published);
        let size = u64::from(self.books.page_count) * self.source.page_size() as u64;
        if reserve::check_space(&self.folder, size, "the published file").is_err() {
            // In whole MB and without the free space, so that the text stays the same and is logged once.
            let size_mb = size.div_ceil(1 << 20);
            return Err(Trouble::Failed(format!(
                "the disk has no space for the published file, which takes {size_mb} MB; free some, for example by moving \
                 agentlocator-before-restore-*.db files to another disk"
            )));
        }
        Image::create(&path, like, self.books.page_count).map_err(Trouble::file("create the published file"))
    }

    fn name(&mut self, building: usize, naming: Naming) -> Result<(), Trouble> {
        let image = &self.images[building];
        self.note(|record| record.successor = Some(image.stamp));
        let (image, published) = (&self.images[building], &self.folder.published);
        match naming {
            Naming::Free => match sys::rename_to_free_name(&image.path, published) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(Trouble::Foreign("was put there by another program".into()));
                }
                outcome => outcome,
            },
            Naming::Replace => {
                self.check_replaceable()?;
                sys::rename(&image.path, published)
            }
        }
        .map_err(Trouble::file("give the published file its name"))?;
        let mut image = self.images.swap_remove(building);
        image.path.clone_from(&self.folder.published);
        self.images.clear();
        let stamp = image.stamp;
        self.phase = match image.hold() {
            LeaseAnswer::Unsupported | LeaseAnswer::Denied => Phase::Renaming,
            LeaseAnswer::Granted | LeaseAnswer::Busy => Phase::Exact,
        };
        image.release();
        self.images.push(image);
        self.note_whole(stamp, self.books.position);
        Ok(())
    }

    /// Checks that the published name is a file that the service put there.
    fn check_replaceable(&self) -> Result<(), Trouble> {
        let known = self.state.record().published.map(|published| published.stamp.inode);
        match std::fs::symlink_metadata(&self.folder.published) {
            Ok(found) if Some(Stamp::of(&found).inode) == known => Ok(()),
            Ok(_) => Err(Trouble::Foreign("was replaced by another file".into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Trouble::file("inspect the published file")(error)),
        }
    }
}

/// Number of pages written at a time.
const SLICE: usize = 1024;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(500);
