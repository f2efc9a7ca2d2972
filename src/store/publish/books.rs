//! What has been committed and is not yet in an image.

use super::image::Image;
use super::queue::Work;
use super::source::Snapshot;
use super::wal::{Changes, Delta, Header, Position};

/// Commits that are not in the published file yet.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// With their content, if only such have come since the last publishing.
    fresh: Vec<Delta>,
    bytes: usize,
    /// The number of the last commit taken in.
    pub committed: u64,
    /// The length of the database after it, in pages.
    pub page_count: u32,
    /// The log after it.
    pub position: Position,
    /// The log's change counter after it.
    pub change: u32,
    /// The store is being closed.
    pub stop: bool,
}

impl Books {
    /// Nothing has been committed since `from`; the database has so many pages.
    pub(super) fn new(from: Header, page_count: u32) -> Self {
        Self { position: from.position, change: from.change, page_count, ..Self::default() }
    }

    /// Takes in what came out of the queue.
    pub(super) fn absorb(&mut self, work: Work, images: &mut [Image]) {
        self.committed = work.committed;
        self.stop |= work.stop;
        let mut all_content = true;
        for delta in work.deltas {
            self.page_count = delta.page_count;
            self.position = delta.position;
            self.change = delta.change;
            self.bytes += delta.changes.bytes();
            all_content &= matches!(delta.changes, Changes::Content(_));
            self.fresh.push(delta);
        }
        if !all_content || self.bytes > MOST_FRESH {
            self.fold(images);
        }
    }

    /// Lets go of the content, and notes in every image which pages it lacks.
    pub(super) fn fold(&mut self, images: &mut [Image]) -> Vec<Delta> {
        for delta in &self.fresh {
            for image in &mut *images {
                note(image, delta);
            }
        }
        self.take_fresh()
    }

    /// Notes in the images which pages they lack, and keeps the content.
    pub(super) fn note_in(&self, images: &mut [Image]) {
        for delta in &self.fresh {
            for image in &mut *images {
                note(image, delta);
            }
        }
    }

    /// The commits with their content.
    pub(super) fn fresh(&self) -> &[Delta] {
        &self.fresh
    }

    /// The same, which are then done with.
    pub(super) fn take_fresh(&mut self) -> Vec<Delta> {
        self.bytes = 0;
        std::mem::take(&mut self.fresh)
    }

    /// If a snapshot holds commits that are not ours, no page of any image can be trusted.
    pub(super) fn agree_with(&mut self, snapshot: &Snapshot<'_>, images: &mut [Image]) {
        self.page_count = snapshot.page_count();
        self.position = snapshot.position();
        if self.change != snapshot.change() {
            tracing::warn!(
                event = "STORE_FOREIGN_COMMIT",
                "Another program has written to the live database; its copy is made anew"
            );
            self.change = snapshot.change();
            for image in images {
                image.stale.insert_up_to(snapshot.page_count());
            }
        }
    }
}

fn note(image: &mut Image, delta: &Delta) {
    match &delta.changes {
        Changes::Content(content) => content.numbers().iter().for_each(|page| image.stale.insert(*page)),
        Changes::Numbers(numbers) => numbers.iter().for_each(|page| image.stale.insert(*page)),
        Changes::Unknown => image.stale.insert_up_to(delta.page_count),
    }
}

/// More than this is read back from the database, and written to another file than the one that people have.
const MOST_FRESH: usize = 16 << 20;
