use super::*;
use crate::store::WriteTx;
use crate::store::write_request::callers;
use proptest::prelude::*;
use sqlite_mirror::{Acknowledge, complete_all};
use std::sync::Arc;

/// Records its mark when its outcome is reported.
struct TestWrite((usize, usize), AckAfter, Answered);

type Answered = Arc<Mutex<Vec<(usize, usize)>>>;

fn marked(ack_after: AckAfter) -> Box<dyn WriteRequest> {
    Box::new(TestWrite((0, 0), ack_after, Answered::default()))
}

impl WriteRequest for TestWrite {
    fn name(&self) -> &'static str {
        "marked"
    }
    fn run(&mut self, _: &WriteTx<'_>) -> bool {
        true
    }
}

impl Acknowledge for TestWrite {
    fn complete(self: Box<Self>, _: &Result<(), CommitError>) {
        self.2.lock().unwrap().push(self.0);
    }
    fn ack_after(&self) -> AckAfter {
        self.1
    }
}

fn lanes(waiting: &[(usize, u64)], now: Instant) -> Lanes {
    let mut lanes = Lanes::default();
    for (lane, age_ms) in waiting {
        let since = now.checked_sub(Duration::from_millis(*age_ms)).unwrap();
        lanes.waiting[*lane].push_back((since, marked(AckAfter::Commit)));
    }
    lanes
}

#[test]
fn the_highest_lane_goes_first_until_another_has_waited_a_second() {
    let now = clock::instant();
    assert_eq!(lanes(&[], now).pick(now), None);
    assert_eq!(lanes(&[(2, 0), (1, 0), (0, 0)], now).pick(now), Some(0));
    assert_eq!(lanes(&[(2, 999), (1, 0)], now).pick(now), Some(1));
    assert_eq!(lanes(&[(2, 1000), (1, 1000), (0, 0)], now).pick(now), Some(2));
    assert_eq!(lanes(&[(1, 1000), (0, 5000)], now).pick(now), Some(1));
}

#[test]
fn a_full_queue_refuses_and_a_closed_one_hands_out_what_waits() {
    let queue = WriteQueue::new();
    for _ in 0..MAX_QUEUED {
        queue.push(Priority::Live, marked(AckAfter::Never)).unwrap();
    }
    assert_eq!(queue.push(Priority::Job, marked(AckAfter::Never)), Err(Rejected::Full));
    queue.close();
    assert_eq!(queue.push(Priority::Job, marked(AckAfter::Never)), Err(Rejected::Closed));
    let mut handed_out = 0;
    while let Some(batch) = queue.next_batch(256) {
        handed_out += batch.len();
    }
    assert_eq!(handed_out, MAX_QUEUED);
}

#[test]
fn an_abandoned_queue_notifies_every_write() {
    let (queue, answered) = (WriteQueue::new(), Answered::default());
    for (number, priority) in [Priority::Live, Priority::Job, Priority::Backfill].into_iter().enumerate() {
        let write = TestWrite((number, 0), AckAfter::Never, answered.clone());
        queue.push(priority, Box::new(write)).unwrap();
    }
    queue.abandon();
    assert_eq!(*answered.lock().unwrap(), [(0, 0), (1, 0), (2, 0)]);
    assert!(queue.next_batch(256).is_none());
}

#[test]
fn a_write_without_caller_waits_for_others_but_not_for_long() {
    let queue = Arc::new(WriteQueue::new());
    queue.push(Priority::Live, marked(AckAfter::Never)).unwrap();
    assert_eq!(queue.next_batch(256).unwrap().len(), 1);
}

proptest! {
    /// Within one lane, writes keep their order.
    #[test]
    fn no_write_is_lost_doubled_or_reordered(pushed in prop::collection::vec((0_usize..3, any::<bool>()), 0..600)) {
        let queue = WriteQueue::new();
        let priorities = [Priority::Live, Priority::Job, Priority::Backfill];
        let answered = Answered::default();
        for (number, (lane, waits)) in pushed.iter().enumerate() {
            let ack_after = if *waits { AckAfter::Commit } else { AckAfter::Never };
            queue.push(priorities[*lane], Box::new(TestWrite((*lane, number), ack_after, answered.clone()))).unwrap();
        }
        queue.close();
        while let Some(batch) = queue.next_batch(256) {
            prop_assert!(!batch.is_empty() && batch.len() <= 256);
            complete_all(callers(batch), &Ok(()));
        }
        for lane in 0..3 {
            let came_out: Vec<_> = answered.lock().unwrap().iter().filter(|mark| mark.0 == lane).map(|mark| mark.1).collect();
            let went_in: Vec<_> = (0..pushed.len()).filter(|number| pushed[*number].0 == lane).collect();
            prop_assert_eq!(came_out, went_in);
        }
    }
}
