//! The commits that the publisher has taken from the queue and not published yet.

use super::image::Image;
use super::queue::CommitBatch;
use super::source::Snapshot;
use crate::event::{Event, Observer};
use crate::wal::{Changes, Delta, Header, Position};

#[derive(Debug, Default)]
pub(super) struct PendingChanges {
    /// Commits with their content. A commit whose content was dropped is not included: its pages are stale in the
    /// images.
    commits: Vec<Delta>,
    bytes: usize,
    /// The number of the last commit added.
    pub committed: u64,
    /// The length of the database after that commit, in pages.
    pub page_count: u32,
    /// The end of the WAL after that commit.
    pub position: Position,
    /// The change counter of the WAL's index after that commit.
    pub change: u32,
    /// True while the database is being closed.
    pub stop: bool,
}

impl PendingChanges {
    /// Creates a state without commits, which starts at `from`. `page_count` is the length of the database.
    pub(super) fn new(from: Header, page_count: u32) -> Self {
        Self { position: from.position, change: from.change, page_count, ..Self::default() }
    }

    pub(super) fn add(&mut self, batch: CommitBatch, images: &mut [Image]) {
        self.committed = batch.committed;
        self.stop |= batch.stop;
        let mut all_content = true;
        for delta in batch.deltas {
            self.page_count = delta.page_count;
            self.position = delta.position;
            self.change = delta.change;
            self.bytes += delta.changes.bytes();
            all_content &= matches!(delta.changes, Changes::Content(_));
            self.commits.push(delta);
        }
        if !all_content || self.bytes > MAX_BUFFERED_BYTES {
            self.spill_to_images(images);
        }
    }

    /// Drops the content of the commits, and marks their pages as stale in every image. Returns the commits.
    pub(super) fn spill_to_images(&mut self, images: &mut [Image]) -> Vec<Delta> {
        for delta in &self.commits {
            for image in &mut *images {
                mark_stale_pages(image, delta);
            }
        }
        self.take_commits()
    }

    /// Marks the changed pages as stale in the images, and keeps the content.
    pub(super) fn mark_stale(&self, images: &mut [Image]) {
        for delta in &self.commits {
            for image in &mut *images {
                mark_stale_pages(image, delta);
            }
        }
    }

    pub(super) fn commits(&self) -> &[Delta] {
        &self.commits
    }

    /// Returns true if one of the commits changes this page or may change it.
    pub(super) fn changes(&self, page: u32) -> bool {
        self.commits.iter().any(|delta| match &delta.changes {
            Changes::Content(content) => content.numbers().contains(&page),
            Changes::Numbers(numbers) => numbers.contains(&page),
            Changes::Unknown => true,
        })
    }

    pub(super) fn take_commits(&mut self) -> Vec<Delta> {
        self.bytes = 0;
        std::mem::take(&mut self.commits)
    }

    /// Adopts the position of a snapshot. If the snapshot contains commits of another program, marks every page of
    /// every image as stale.
    pub(super) fn sync_with_snapshot(&mut self, snapshot: &Snapshot<'_>, images: &mut [Image], observer: &Observer) {
        self.page_count = snapshot.page_count();
        self.position = snapshot.position();
        if self.change != snapshot.change() {
            observer.report(&Event::ForeignCommit);
            self.change = snapshot.change();
            for image in images {
                image.stale.insert_up_to(snapshot.page_count());
            }
        }
    }
}

fn mark_stale_pages(image: &mut Image, delta: &Delta) {
    match &delta.changes {
        Changes::Content(content) => content.numbers().iter().for_each(|page| image.stale.insert(*page)),
        Changes::Numbers(numbers) => numbers.iter().for_each(|page| image.stale.insert(*page)),
        Changes::Unknown => image.stale.insert_up_to(delta.page_count),
    }
}

/// Above this many bytes, the content is dropped, and the pages are read from the database when they are written.
const MAX_BUFFERED_BYTES: usize = 16 << 20;
