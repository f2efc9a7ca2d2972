use super::*;
use crate::domain::{ChangeKind, ThreadId, Timestamp, TokenId, UserId};
use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;

/// The stored changes, and how often they were read.
#[derive(Default)]
struct Stored {
    changes: RefCell<Vec<Change>>,
    reads: Cell<u32>,
}

impl Stored {
    fn add(&self, seqs: RangeInclusive<i64>) {
        self.changes.borrow_mut().extend(seqs.map(|seq| change(seq, ChangeKind::MessageCreated)));
    }

    #[expect(clippy::unnecessary_wraps, reason = "the result of a read of the store")]
    fn read(&self, after: i64) -> store::Result<Option<Vec<Change>>> {
        self.reads.set(self.reads.get() + 1);
        let changes = self.changes.borrow();
        let (first, last) = (changes.first().map_or(1, |first| first.seq), changes.last().map_or(0, |last| last.seq));
        let found = changes.iter().filter(|change| change.seq > after).take(MAX_CHANGES).cloned();
        Ok((after <= last && after >= first - 1).then(|| found.collect()))
    }
}

fn change(seq: i64, kind: ChangeKind) -> Change {
    Change { seq, at: Timestamp::from_millis(seq), kind, thread_id: Some(ThreadId(1)), ref_id: Some(1) }
}

const OWNER: (ActorId, Role) = (ActorId::User(UserId(1)), Role::Owner);
const STAFF: (ActorId, Role) = (ActorId::User(UserId(2)), Role::Staff);

async fn events(feed: &ChangeFeed, stored: &Stored, after: i64, newest: i64) -> Option<Events> {
    feed.after(after, newest, async |after| stored.read(after)).await.unwrap()
}

fn seqs(events: &Events, reader: (ActorId, Role)) -> Vec<i64> {
    let text = events.text_for(reader);
    let text = std::str::from_utf8(&text).unwrap();
    assert!(text.is_empty() || text.ends_with("\n\n"));
    let blocks = text.split_terminator("\n\n").map(|block| {
        let (id, data) = block.split_once('\n').unwrap();
        let id = id.strip_prefix("id: ").unwrap();
        let data: serde_json::Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data["seq"].to_string(), id);
        id.parse().unwrap()
    });
    blocks.collect()
}

/// Lets the time pass during which streams wait for others.
async fn expire(feed: &ChangeFeed) {
    feed.0.lock().await.next_read = None;
}

#[tokio::test]
async fn streams_at_the_head_share_one_read() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    stored.add(1..=3);
    for _ in 0..10 {
        let found = events(&feed, &stored, 0, 3).await.unwrap();
        assert_eq!((seqs(&found, OWNER), found.last, found.have_more), (vec![1, 2, 3], 3, false));
    }
    assert_eq!(stored.reads.get(), 1);
    stored.add(4..=6);
    let first = events(&feed, &stored, 3, 5).await.unwrap();
    assert_eq!((seqs(&first, OWNER), first.last), (vec![4, 5], 5), "the last one is not published yet");
    // The second stream waits until the next read, which is for all streams.
    let next_read = clock::instant() + Duration::from_hours(1);
    feed.0.lock().await.next_read = Some(next_read);
    let second = events(&feed, &stored, 3, 6).await.unwrap();
    assert_eq!((seqs(&second, OWNER), second.last, second.next_read), (vec![4, 5], 5, next_read));
    assert_eq!(first.text_for(OWNER).as_ptr(), second.text_for(OWNER).as_ptr(), "the text is shared");
    assert_eq!(stored.reads.get(), 2);
    expire(&feed).await;
    let third = events(&feed, &stored, 3, 6).await.unwrap();
    assert_eq!((seqs(&third, OWNER), third.last), (vec![4, 5, 6], 6));
    assert_eq!(stored.reads.get(), 3);
}

#[tokio::test]
async fn a_position_in_the_ring_needs_no_read_even_after_the_changes_were_pruned() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    stored.add(1..=4);
    assert_eq!(seqs(&events(&feed, &stored, 2, 4).await.unwrap(), OWNER), [3, 4]);
    stored.changes.borrow_mut().drain(..3);
    let reads = stored.reads.get();
    for (after, expected) in [(2, vec![3, 4]), (3, vec![4]), (4, vec![])] {
        assert_eq!(seqs(&events(&feed, &stored, after, 4).await.unwrap(), OWNER), expected, "{after}");
    }
    assert_eq!(stored.reads.get(), reads);
    // Before the ring, and in no database.
    for unknown in [1, 0, -3, 5, 99] {
        assert!(events(&feed, &stored, unknown, 4).await.is_none(), "{unknown}");
    }
}

#[tokio::test]
async fn a_position_before_the_ring_is_read_from_the_database_and_joins_the_ring() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    stored.add(1..=2500);
    assert_eq!(seqs(&events(&feed, &stored, 2400, 2500).await.unwrap(), OWNER).len(), 100);
    let (mut position, mut found, mut pauses) = (0, Vec::new(), Vec::new());
    while position < 2500 {
        let read = events(&feed, &stored, position, 2500).await.unwrap();
        found.extend(seqs(&read, OWNER));
        pauses.push(!read.have_more);
        position = read.last;
    }
    assert_eq!(found, (1..=2500).collect::<Vec<_>>());
    assert_eq!(pauses, [false, false, true]);
}

#[tokio::test]
async fn a_ring_that_is_far_behind_begins_again_without_a_gap() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    stored.add(1..=10);
    assert_eq!(events(&feed, &stored, 5, 10).await.unwrap().last, 10);
    stored.add(11..=5000);
    expire(&feed).await;
    // No stream was open meanwhile. One is new, and another resumes.
    assert_eq!(seqs(&events(&feed, &stored, 4990, 5000).await.unwrap(), OWNER), (4991..=5000).collect::<Vec<_>>());
    let resumed = events(&feed, &stored, 7, 5000).await.unwrap();
    assert_eq!((seqs(&resumed, OWNER), resumed.have_more), ((8..=1007).collect::<Vec<_>>(), true));
    // A stream that is a little before the ring's end, and one after it.
    stored.add(5001..=5004);
    expire(&feed).await;
    assert_eq!(seqs(&events(&feed, &stored, 5003, 5004).await.unwrap(), OWNER), [5004]);
    assert_eq!(seqs(&events(&feed, &stored, 4999, 5004).await.unwrap(), OWNER), (5000..=5004).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_ring_whose_continuation_was_pruned_is_dropped() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    stored.add(1..=10);
    assert_eq!(events(&feed, &stored, 5, 10).await.unwrap().last, 10);
    stored.add(11..=100);
    stored.changes.borrow_mut().drain(..50);
    expire(&feed).await;
    assert!(events(&feed, &stored, 10, 100).await.is_none());
    assert_eq!(seqs(&events(&feed, &stored, 98, 100).await.unwrap(), OWNER), [99, 100]);
}

#[tokio::test]
async fn the_memory_is_bounded() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    for newest in 1..=3000 {
        stored.add(newest..=newest);
        expire(&feed).await;
        assert_eq!(seqs(&events(&feed, &stored, newest - 1, newest).await.unwrap(), OWNER), [newest]);
        // Nothing is new.
        assert_eq!(seqs(&events(&feed, &stored, newest, newest).await.unwrap(), OWNER), [0_i64; 0]);
    }
    {
        let ring = feed.0.lock().await;
        assert_eq!((ring.len, ring.batches.len()), (MAX_KEPT, MAX_KEPT));
        assert_eq!(ring.batches.iter().map(|batch| batch.len()).sum::<usize>(), MAX_KEPT);
    }
    let all = events(&feed, &stored, 2000, 3000).await.unwrap();
    assert_eq!(seqs(&all, OWNER), (2001..=3000).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_reader_gets_its_part_of_the_text() {
    let (feed, stored) = (ChangeFeed::default(), Stored::default());
    stored.add(1..=1);
    stored.changes.borrow_mut().extend([
        change(2, ChangeKind::BackupUpdated),
        Change { ref_id: Some(2), ..change(3, ChangeKind::DraftUpdated) },
        Change { ref_id: Some(-7), ..change(4, ChangeKind::DraftUpdated) },
    ]);
    let found = events(&feed, &stored, 0, 4).await.unwrap();
    assert_eq!((seqs(&found, OWNER), seqs(&found, STAFF)), (vec![1, 2], vec![1, 3]));
    assert_eq!(seqs(&found, (ActorId::Token(TokenId(7)), Role::Staff)), [1, 4]);
    assert!(!found.have_access_change());
    let rest = events(&feed, &stored, 2, 4).await.unwrap();
    assert_eq!((seqs(&rest, OWNER), seqs(&rest, STAFF), rest.last), (vec![], vec![3], 4));
    stored.changes.borrow_mut().push(change(5, ChangeKind::TokenUpdated));
    stored.add(6..=6);
    expire(&feed).await;
    let all = events(&feed, &stored, 0, 6).await.unwrap();
    assert_eq!((seqs(&all, OWNER), seqs(&all, STAFF)), (vec![1, 2, 5, 6], vec![1, 3, 6]));
    assert!(all.have_access_change());
}
