//! Gives the published name to a new file: if the name is free, if the published file cannot be leased, or after a
//! panic of the publisher.

use super::error::PublishError;
use super::image::Image;
use super::phase::{InstallMode, Phase, Progress};
use super::publisher::Publisher;
use super::state::{ForeignCause, LateCause};
use crate::clock;
use crate::disk_reserve;
use crate::file_stamp::FileStamp;
use crate::sys::{self, LeaseAnswer};
use std::io;

impl Publisher {
    /// Performs one step of writing the file that gets the published name: writes some pages, or writes the last pages
    /// and renames the file.
    pub(super) fn build(&mut self, install_mode: InstallMode) -> Result<Progress, PublishError> {
        if self.images.is_empty() {
            let image = self.new_image()?;
            self.images.push(image);
        }
        let building = self.images.len() - 1;
        if !self.write_new_copy()? {
            return Ok(Progress::Working);
        }
        self.install(building, install_mode)?;
        Ok(Progress::Current)
    }

    /// Writes some pages of the last image, which has no published name yet. Returns whether it is complete. Deletes it
    /// if writing fails.
    fn write_new_copy(&mut self) -> Result<bool, PublishError> {
        let is_complete = self.write_missing_pages(self.images.len() - 1, PAGES_PER_STEP);
        if matches!(is_complete, Err(PublishError::Failed(_))) {
            // On a full disk, the live database needs the space that the file occupies.
            if let Some(unfinished) = self.images.pop() {
                let _ = std::fs::remove_file(&unfinished.path);
            }
        }
        is_complete
    }

    /// Publishes with a new file for each state of the database: without leases it is unknown which processes read a
    /// file.
    pub(super) fn publish_by_renaming(&mut self) -> Result<Progress, PublishError> {
        if self.pending.commits().is_empty() && self.images[0].stale.is_empty() {
            return Ok(Progress::Current);
        }
        self.check_published()?;
        let began = clock::instant();
        if self.images.len() < 2 {
            let image = self.new_image()?;
            self.images.push(image);
        }
        let building = self.images.len() - 1;
        if !self.write_new_copy()? {
            return Ok(Progress::Working);
        }
        self.check_published()?;
        self.install(building, InstallMode::Replace)?;
        self.lock_pacer.record_lock(began, clock::instant());
        Ok(Progress::Current)
    }

    /// Returns [`PublishError::Missing`] if the published name, which a foreign file had taken, is free again.
    pub(super) fn check_for_free_name(&mut self) -> Result<Progress, PublishError> {
        self.pending.take_commits();
        match std::fs::symlink_metadata(&self.folder.published) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PublishError::Missing),
            _ => {
                self.record_foreign();
                self.queue.pause(CHECK_INTERVAL);
                Ok(Progress::Busy)
            }
        }
    }

    fn new_image(&self) -> Result<Image, PublishError> {
        let (path, like) = (self.folder.unfinished_copy(), &self.folder.published);
        let size = u64::from(self.pending.page_count) * self.source.page_size() as u64;
        if disk_reserve::check_space(&self.folder, size, "the published file").is_err() {
            // The cause contains the size in whole MB and not the free space, so that it stays equal and is reported
            // only once.
            return Err(PublishError::Failed(LateCause::NoSpace { size_mb: size.div_ceil(1 << 20) }));
        }
        Image::create(&path, like, self.pending.page_count).map_err(PublishError::file("create the published file"))
    }

    fn install(&mut self, building: usize, install_mode: InstallMode) -> Result<(), PublishError> {
        let image = &self.images[building];
        self.update_record(|record| record.successor = Some(image.stamp));
        let (image, published) = (&self.images[building], &self.folder.published);
        match install_mode {
            InstallMode::Free => match sys::rename_to_free_name(&image.path, published) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(PublishError::Foreign(ForeignCause::Replaced));
                }
                outcome => outcome,
            },
            InstallMode::Replace => {
                self.check_replaceable()?;
                sys::rename(&image.path, published)
            }
        }
        .map_err(PublishError::file("give the published file its name"))?;
        let mut image = self.images.swap_remove(building);
        image.path.clone_from(&self.folder.published);
        self.images.clear();
        let stamp = image.stamp;
        self.phase = match image.acquire_lease() {
            LeaseAnswer::Unsupported | LeaseAnswer::Denied => Phase::Renaming,
            LeaseAnswer::Granted | LeaseAnswer::Busy => Phase::Exact,
        };
        image.release_lease();
        self.images.push(image);
        self.record_complete(stamp, self.pending.position);
        Ok(())
    }

    /// Checks that the published name is free or refers to a file that the service wrote.
    fn check_replaceable(&self) -> Result<(), PublishError> {
        let known = self.state.record().published.map(|published| published.stamp.inode);
        match std::fs::symlink_metadata(&self.folder.published) {
            Ok(found) if Some(FileStamp::of(&found).inode) == known => Ok(()),
            Ok(_) => Err(PublishError::Foreign(ForeignCause::Replaced)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(PublishError::file("inspect the published file")(error)),
        }
    }
}

/// Number of pages written at a time.
const PAGES_PER_STEP: usize = 1024;
const CHECK_INTERVAL: std::time::Duration = std::time::Duration::from_millis(500);
