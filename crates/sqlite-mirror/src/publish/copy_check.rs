//! Compares the whole published file with the live database on request; the nightly self-check makes such a request.
//! The publisher reads the file through its own descriptor, between two publications. Any other descriptor, even in
//! this process, would prevent the publisher from acquiring the lease.

use super::error::PublishError;
use super::phase::Phase;
use super::publisher::Publisher;
use super::running_check::RunningCheck;
use super::state::CheckedCopy;
use crate::clock;

impl Publisher {
    /// Compares the next pages for the oldest check, if a step is due.
    pub(super) fn continue_checks(&mut self) {
        self.checks.extend(self.queue.take_checks().into_iter().map(RunningCheck::new));
        let began = clock::instant();
        if self.checks.front().is_none_or(|check| check.next_at > began) {
            return;
        }
        let Some(mut check) = self.checks.pop_front() else { return };
        let checked = if matches!(self.phase, Phase::Exact | Phase::Renaming) && !self.images.is_empty() {
            match self.compare_for_check(check.next) {
                Ok((next, differing)) => {
                    check.add(&differing);
                    if let Some(next) = next {
                        let now = clock::instant();
                        check.next = next;
                        check.next_at = now + now.saturating_duration_since(began);
                        self.checks.push_front(check);
                        return;
                    }
                    check.result(self.has_expected_length())
                }
                Err(PublishError::Failed(cause)) => CheckedCopy::Failed(cause.to_string()),
                Err(PublishError::Missing | PublishError::Foreign(_)) => CheckedCopy::NotMaintained,
            }
        } else {
            CheckedCopy::NotMaintained
        };
        // Sending fails if the caller has dropped its future.
        let _ = check.reply.send(checked);
    }

    /// Compares some pages from `first` on. Returns the page to continue with (`None` at the end) and the pages that
    /// differ although no known change of them waits to be published.
    fn compare_for_check(&mut self, first: u32) -> Result<(Option<u32>, Vec<u32>), PublishError> {
        let (snapshot, batch) = self.source.snapshot(&self.queue)?;
        self.pending.add(batch, &mut self.images);
        if self.pending.change != snapshot.change() {
            self.pending.spill_to_images(&mut self.images);
            self.pending.sync_with_snapshot(&snapshot, &mut self.images, &self.observer);
        }
        let end = snapshot.page_count().min(first.saturating_add(PAGES_PER_STEP - 1));
        let differing = self.images[0].differing(&snapshot, first..=end, self.source.page_size())?;
        let is_unexpected = |page: &u32| !self.images[0].stale.contains(*page) && !self.pending.changes(*page);
        let differing = differing.into_iter().filter(is_unexpected).collect();
        Ok(((end < snapshot.page_count()).then_some(end + 1), differing))
    }

    fn has_expected_length(&self) -> bool {
        let length = u64::from(self.pending.page_count) * self.source.page_size() as u64;
        !self.is_up_to_date() || self.images[0].stamp.length == length
    }
}

/// Number of pages per step: 1 MB with the usual page size.
const PAGES_PER_STEP: u32 = 256;
