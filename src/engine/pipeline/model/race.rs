//! Which copy of a request is used if the request was sent twice: the one whose answer begins first.

use crate::pipeline::ModelEvent;
use tokio::task::AbortHandle;

#[derive(Debug, Default)]
pub(super) struct Race {
    request: u64,
    /// The copies that have neither failed nor been stopped.
    copies: Vec<Option<AbortHandle>>,
}

impl Race {
    /// Each copy is named by its index.
    pub(super) fn new(request: u64, copies: Vec<AbortHandle>) -> Self {
        Self { request, copies: copies.into_iter().map(Some).collect() }
    }

    /// Returns true if an event is passed on. Stops the other copy at the first event of an answer. A failure is passed
    /// on only if no other copy is running.
    pub(super) fn passes(&mut self, request: u64, copy: usize, event: &ModelEvent) -> bool {
        // Events of earlier requests are passed on, because the pipeline ignores them.
        if request != self.request {
            return true;
        }
        if !self.copies.get(copy).is_some_and(Option::is_some) {
            return false;
        }
        match event {
            ModelEvent::Activity => true,
            ModelEvent::Text(_) | ModelEvent::ToolCall { .. } | ModelEvent::Done { .. } => {
                let others = self.copies.iter_mut().enumerate().filter(|(other, _)| *other != copy);
                others.filter_map(|(_, slower)| slower.take()).for_each(|slower| slower.abort());
                true
            }
            ModelEvent::Failed { .. } => {
                self.copies[copy] = None;
                self.copies.iter().all(Option::is_none)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::JoinHandle;

    fn race() -> (Race, [JoinHandle<()>; 2]) {
        let copies = [(); 2].map(|()| tokio::spawn(std::future::pending()));
        (Race::new(7, copies.iter().map(JoinHandle::abort_handle).collect()), copies)
    }

    fn failed() -> ModelEvent {
        ModelEvent::Failed { retry: true, retry_after: None, reason: "503".to_owned() }
    }

    #[tokio::test]
    async fn the_copy_that_begins_first_is_used_and_the_other_one_is_stopped() {
        let (mut race, [slower, faster]) = race();
        assert!(race.passes(7, 0, &ModelEvent::Activity) && race.passes(7, 1, &ModelEvent::Activity));
        assert!(race.passes(7, 1, &ModelEvent::Text("כן".to_owned())));
        assert!(slower.await.unwrap_err().is_cancelled() && !faster.is_finished());
        assert!(!race.passes(7, 0, &ModelEvent::Text("לא".to_owned())), "it was already on its way");
        assert!(race.passes(7, 1, &failed()), "no other copy is left");
        faster.abort();
    }

    #[tokio::test]
    async fn a_failure_counts_only_if_both_copies_fail() {
        let (mut race, copies) = race();
        assert!(!race.passes(7, 0, &failed()));
        assert!(race.passes(7, 1, &failed()));
        assert!(race.passes(6, 0, &failed()), "the pipeline ignores it");
        copies.iter().for_each(JoinHandle::abort);
    }
}
