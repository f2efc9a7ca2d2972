use super::*;
use crate::store::read_limits::Limits;
use futures_util::FutureExt;
use std::pin::{Pin, pin};

fn wanted() -> Arc<AtomicBool> {
    Arc::default()
}

/// Polls a read that waits, so that it has its place in the queue.
fn poll<F: Future<Output = Result<Turn>>>(read: &mut Pin<&mut F>) -> Option<Turn> {
    read.now_or_never().map(|turn| turn.unwrap_or_else(|error| panic!("{error}")))
}

/// The number of waiting reads, and how many of them are paused.
fn waiting(turns: &Turns) -> (usize, usize) {
    let queue = turns.lock();
    (queue.waiting.len(), queue.waiting.iter().filter(|waiting| waiting.is_paused).count())
}

/// Pauses a read on a thread of its own. Returns once it waits for its next turn.
fn pause(turns: &Turns, turn: Turn) -> std::thread::JoinHandle<Option<Turn>> {
    let flag = wanted();
    let thread = std::thread::spawn({
        let flag = flag.clone();
        move || turn.pause(&flag)
    });
    while !turns.lock().waiting.iter().any(|waiting| Arc::ptr_eq(&waiting.cancelled, &flag)) {
        std::thread::yield_now();
    }
    thread
}

/// Waits until a paused read continues.
async fn resumed(paused: std::thread::JoinHandle<Option<Turn>>) -> Option<Turn> {
    tokio::task::spawn_blocking(|| paused.join().unwrap()).await.unwrap()
}

#[tokio::test]
async fn reads_get_their_turns_in_the_order_in_which_they_came() {
    let turns = Turns::new(Duration::from_hours(1));
    let first = turns.first(wanted()).await.unwrap();
    let (mut second, mut third) = (pin!(turns.first(wanted())), pin!(turns.first(wanted())));
    assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
    drop(first);
    assert!(poll(&mut third).is_none(), "the second is before it");
    let second = poll(&mut second).unwrap();
    assert!(poll(&mut third).is_none());
    drop(second);
    assert!(poll(&mut third).is_some());
}

#[tokio::test]
async fn a_read_whose_caller_has_gone_leaves_the_queue_and_returns_its_turn() {
    let turns = Turns::new(Duration::ZERO);
    let first = turns.first(wanted()).await.unwrap();
    let (gone, mut last) = (wanted(), pin!(turns.first(wanted())));
    {
        let mut second = pin!(turns.first(gone.clone()));
        assert!(poll(&mut second).is_none() && poll(&mut last).is_none());
    }
    gone.store(true, Ordering::Relaxed);
    turns.remove_cancelled();
    assert_eq!(waiting(&turns), (1, 0));
    {
        // This one has its turn, and its caller goes before it runs.
        let mut third = pin!(turns.first(wanted()));
        assert!(poll(&mut third).is_none());
        drop(first);
        drop(poll(&mut last).unwrap());
    }
    assert!(turns.first(wanted()).now_or_never().is_some(), "nothing runs");
}

#[tokio::test]
async fn a_read_continues_after_its_slice_while_nothing_waits() {
    let turns = Turns::new(Duration::ZERO);
    let turn = turns.first(wanted()).await.unwrap();
    assert!(!turn.is_over(clock::instant()));
    let mut second = pin!(turns.first(wanted()));
    assert!(poll(&mut second).is_none());
    assert!(turn.is_over(clock::instant()));
    let turns = Turns::new(Duration::from_hours(1));
    let turn = turns.first(wanted()).await.unwrap();
    let mut second = pin!(turns.first(wanted()));
    assert!(poll(&mut second).is_none());
    assert!(!turn.is_over(clock::instant()), "its slice is not over");
    assert!(turn.is_over(clock::instant() + Duration::from_hours(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_and_paused_reads_take_turns() {
    let turns = Turns::new(Duration::ZERO);
    let first = turns.first(wanted()).await.unwrap();
    let (mut second, mut third) = (pin!(turns.first(wanted())), pin!(turns.first(wanted())));
    assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
    let first = pause(&turns, first);
    let second = second.await.unwrap();
    let second = pause(&turns, second);
    drop(third.await.unwrap());
    let first = resumed(first).await.unwrap();
    assert!(first.is_over(clock::instant()));
    let first = pause(&turns, first);
    drop(resumed(second).await.unwrap());
    drop(resumed(first).await.unwrap());
    assert!(turns.first(wanted()).now_or_never().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_pause_does_not_count() {
    let turns = Turns::new(Duration::ZERO);
    let began = clock::instant();
    let deadline = began + Duration::from_hours(1);
    let limits = Limits::new(wanted(), wanted(), deadline, Some(turns.first(wanted()).await.unwrap()));
    let mut other = pin!(turns.first(wanted()));
    assert!(poll(&mut other).is_none());
    let paused = tokio::task::spawn_blocking(move || {
        assert!(!limits.are_reached());
        limits
    });
    let other = other.await.unwrap();
    let before = clock::instant();
    while clock::instant() == before {
        std::hint::spin_loop();
    }
    let least = clock::instant().saturating_duration_since(before);
    drop(other);
    let limits = paused.await.unwrap();
    let added = limits.deadline().saturating_duration_since(deadline);
    assert!(added >= least && added <= clock::instant().saturating_duration_since(began), "{added:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_eight_reads_have_begun() {
    let turns = Turns::new(Duration::ZERO);
    let mut turn = turns.first(wanted()).await.unwrap();
    let mut new: Vec<_> = (0..MAX_BEGUN).map(|_| Box::pin(turns.first(wanted()))).collect();
    for next in &mut new {
        assert!(poll(&mut next.as_mut()).is_none());
    }
    let mut paused = Vec::new();
    for next in &mut new[..MAX_BEGUN - 1] {
        paused.push(pause(&turns, turn));
        turn = next.await.unwrap();
    }
    let last = pause(&turns, turn);
    let first = resumed(paused.remove(0)).await.unwrap();
    assert_eq!(waiting(&turns), (MAX_BEGUN, MAX_BEGUN - 1), "the new read would be one more");
    // Once one has ended, the new read is the next, because it has waited the longest.
    drop(first);
    let new = new.pop().unwrap().await.unwrap();
    turns.close();
    assert!(!new.is_over(clock::instant()));
    for paused in paused.into_iter().chain([last]) {
        assert!(resumed(paused).await.is_none());
    }
    assert!(new.pause(&wanted()).is_none());
    assert!(matches!(turns.first(wanted()).await, Err(Error::Closed)));
}
