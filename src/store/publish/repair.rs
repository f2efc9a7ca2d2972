//! After an unclean stop: the published file is compared with the live database page by page. Its lease is held all
//! the while, so whoever opens it waits, and the service goes on beside it. Writes are answered when the file has them, as
//! always, or past the limit.

use super::image::say_no_log_belongs_to_it;
use super::publisher::{Phase, Progress, Publisher};
use super::trouble::Trouble;
use crate::clock;
use crate::store::sys;
use std::time::Instant;

/// How far the comparison is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repair {
    next: u32,
    began: Instant,
    /// Since when somebody has waited to open the file.
    disturbed_since: Option<Instant>,
}

impl Repair {
    pub(super) fn new(now: Instant) -> Self {
        Self { next: 1, began: now, disturbed_since: None }
    }
}

impl Publisher {
    /// Compares some pages, or writes those that differed and lets the file go.
    pub(super) fn repair(&mut self) -> Result<Progress, Trouble> {
        let Phase::Repairing(mut repair) = self.phase else { return Ok(Progress::Working) };
        self.books.fold(&mut self.images);
        let now = clock::instant();
        if !self.images[0].undisturbed() {
            let since = *repair.disturbed_since.get_or_insert(now);
            if now.saturating_duration_since(since) > sys::lease_break_time() * 3 / 4 {
                return self.stop_repairing();
            }
        }
        if let Some(next) = self.compare_from(repair.next)? {
            repair.next = next;
            self.phase = Phase::Repairing(repair);
            return Ok(Progress::Working);
        }
        let differing = self.images[0].stale.len();
        tracing::info!(
            event = "STORE_PUBLISH_COMPARED",
            pages = self.books.page_count,
            differing,
            duration_ms = u64::try_from((now - repair.began).as_millis()).unwrap_or(u64::MAX),
            "Compared the published file with the live database"
        );
        self.phase = Phase::Exact;
        let outcome = if self.images[0].stale.is_empty() { self.nothing_differs() } else { self.write_published() };
        if let Some(image) = self.images.first() {
            image.release();
        }
        match outcome? {
            Progress::Busy => Ok(Progress::Working),
            progress => Ok(progress),
        }
    }

    fn nothing_differs(&mut self) -> Result<Progress, Trouble> {
        self.check_published()?;
        self.note_whole(self.images[0].stamp, self.books.position);
        Ok(Progress::Current)
    }

    /// The kernel lets waiting openers through before long, and the file may be torn: they must see that.
    fn stop_repairing(&mut self) -> Result<Progress, Trouble> {
        self.images[0].invalidate().map_err(Trouble::file("write the published file"))?;
        self.images[0].stale.insert_up_to(self.books.page_count);
        self.images[0].release();
        self.phase = Phase::Exact;
        Ok(Progress::Working)
    }

    /// Notes which of the pages from `first` on differ. Returns where to go on; none at the end.
    ///
    /// Each piece may be compared at another moment: what is committed after that is noted by the commit itself.
    fn compare_from(&mut self, first: u32) -> Result<Option<u32>, Trouble> {
        let page_size = self.source.page_size();
        let snapshot = self.source.glance()?;
        let end = snapshot.page_count().min(first + PIECE - 1);
        let image = &mut self.images[0];
        if first > end {
            if image.stamp.length != u64::from(snapshot.page_count()) * page_size as u64 {
                image.stale.insert(1);
            }
            return Ok(None);
        }
        let mut theirs = vec![0; (end - first + 1) as usize * page_size];
        let offset = u64::from(first - 1) * page_size as u64;
        image.read_at(&mut theirs, offset).map_err(Trouble::file("read the published file"))?;
        let mut ours = Vec::with_capacity(page_size);
        for (page, theirs) in (first..=end).zip(theirs.chunks_exact(page_size)) {
            ours.clear();
            snapshot.read(page, &mut ours)?;
            if page == 1 {
                say_no_log_belongs_to_it(&mut ours);
            }
            if ours != theirs {
                image.stale.insert(page);
            }
        }
        Ok(Some(end + 1))
    }
}

/// Pages that are compared at a time.
const PIECE: u32 = 256;
