//! The usual way: nobody has the published file open, so its lease is taken and the changed pages are written into it.

use super::image::Page;
use super::publisher::{Phase, Progress, Publisher};
use super::trouble::Trouble;
use super::wal::{Changes, Delta, Position};
use crate::clock;
use crate::store::stamp::Stamp;
use crate::store::sys::LeaseAnswer;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

impl Publisher {
    /// Brings the published file up to date, by whichever way is open.
    pub(super) fn publish(&mut self) -> Result<Progress, Trouble> {
        if self.books.fresh().is_empty() && self.images[0].stale.is_empty() {
            return Ok(Progress::Current);
        }
        if self.images[0].stale.len() > MOST_AT_ONCE {
            return self.publish_by_exchange();
        }
        let began = clock::instant();
        match self.images[0].hold() {
            LeaseAnswer::Granted => {
                let outcome = self.write_published();
                if let Some(image) = self.images.first() {
                    image.release();
                }
                self.pace.locked(began, clock::instant());
                match outcome? {
                    Progress::Busy => self.publish_by_exchange(),
                    progress => Ok(progress),
                }
            }
            LeaseAnswer::Busy => {
                let patience_over = |since| began.saturating_duration_since(since) >= PATIENCE;
                if self.busy_since.is_some_and(patience_over) { self.publish_by_exchange() } else { Ok(Progress::Busy) }
            }
            LeaseAnswer::Unsupported => {
                tracing::warn!(
                    event = "STORE_NO_LEASES",
                    file = %self.folder.published.display(),
                    "The file system has no leases: the published file is replaced as a whole each time, which is slow"
                );
                self.phase = Phase::Renaming;
                Ok(Progress::Working)
            }
        }
    }

    /// Writes what the published file lacks; its lease is ours. Busy says that its content is shared with another name.
    pub(super) fn write_published(&mut self) -> Result<Progress, Trouble> {
        if self.check_published()? > 1 {
            return Ok(Progress::Busy);
        }
        if self.images[0].stale.is_empty() {
            self.write_fresh()?;
            return Ok(Progress::Current);
        }
        if self.bring_up(0, MOST_AT_ONCE)? {
            self.note_whole(self.images[0].stamp, self.books.position);
            return Ok(Progress::Current);
        }
        Ok(Progress::Working)
    }

    /// The published name is still that of our file, and nobody else has written to it. Returns how many names it has.
    pub(super) fn check_published(&self) -> Result<u64, Trouble> {
        let image = &self.images[0];
        match std::fs::symlink_metadata(&image.path) {
            Ok(found) if Stamp::of(&found) == image.stamp => Ok(found.nlink()),
            Ok(found) if Stamp::of(&found).inode == image.stamp.inode => {
                Err(Trouble::Foreign("was written to by another program".into()))
            }
            Ok(_) => Err(Trouble::Foreign("was replaced by another file".into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Trouble::Gone),
            Err(error) => Err(Trouble::file("look at the published file")(error)),
        }
    }

    /// Writes the content that is in memory.
    fn write_fresh(&mut self) -> Result<(), Trouble> {
        self.note_writing(self.published_position(), self.books.position);
        let pages = latest_pages(self.books.fresh());
        let (published, spares) = self.images.split_at_mut(1);
        self.books.note_in(spares);
        let written = published[0].write(&pages, self.books.page_count, self.source.page_size(), true);
        written.map_err(Trouble::file("write the published file"))?;
        self.note_whole(self.images[0].stamp, self.books.position);
        self.done_with_fresh();
        Ok(())
    }

    /// How far in the log the published file is known to be.
    fn published_position(&self) -> Position {
        self.record.published.map_or(Position::NOWHERE, |published| published.position)
    }

    /// Writes up to `most` of the pages that an image lacks, from one snapshot. True if it then holds all of that.
    pub(super) fn bring_up(&mut self, which: usize, most: usize) -> Result<bool, Trouble> {
        let deltas = self.books.fold(&mut self.images);
        self.queue.reuse(deltas);
        let (snapshot, work) = self.source.snapshot(&self.queue, self.generation, clock::instant())?;
        self.books.absorb(work, &mut self.images);
        self.books.fold(&mut self.images);
        self.books.agree_with(&snapshot, &mut self.images);

        let (page_count, page_size) = (snapshot.page_count(), self.source.page_size());
        self.images[which].stale.forget_beyond(page_count);
        let numbers: Vec<u32> = self.images[which].stale.iter().take(most).collect();
        let complete = numbers.len() == self.images[which].stale.len();
        let mut content = Vec::with_capacity(numbers.len() * page_size);
        for number in &numbers {
            snapshot.read(*number, &mut content)?;
        }
        drop(snapshot);
        if self.images[which].path == self.folder.published {
            // What it lacks is in the log from there on: else that place is nowhere.
            self.note_writing(self.published_position(), self.books.position);
        }
        let pages: Vec<Page<'_>> = numbers.into_iter().zip(content.chunks_exact(page_size)).collect();
        self.images[which]
            .write(&pages, page_count, page_size, complete)
            .map_err(Trouble::file("write the published file"))?;
        Ok(complete)
    }
}

/// The pages of several commits, lowest first, each as the last one left it.
fn latest_pages(deltas: &[Delta]) -> Vec<Page<'_>> {
    let contents = deltas.iter().filter_map(|delta| match &delta.changes {
        Changes::Content(content) => Some(content),
        Changes::Numbers(_) | Changes::Unknown => None,
    });
    // Newest first, so that the stable sort leaves the newest of each page in front.
    let mut pages: Vec<Page<'_>> = contents.flat_map(super::wal::Content::pages).collect();
    pages.reverse();
    pages.sort_by_key(|(number, _)| *number);
    pages.dedup_by_key(|(number, _)| *number);
    pages
}

/// Pages that are written into the file that people have; more go into another file.
pub(super) const MOST_AT_ONCE: usize = 4096;
/// How long whoever has the file open may keep it before another file takes its name.
const PATIENCE: Duration = Duration::from_millis(100);
