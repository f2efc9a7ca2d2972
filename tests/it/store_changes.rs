//! The record of changes, tested with the store's own API.

use super::support::store::StoreFixture;
use agentlocator::domain::{BusinessId, ContactId, Timestamp};
use agentlocator::store::{Change, Error, Store};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(20);

async fn add_contact(store: &Store) -> ContactId {
    store.write(|tx| tx.insert_contact(BusinessId::FIRST, "", Timestamp::from_millis(0))).await.unwrap()
}

async fn changes_since(store: &Store, seq: i64) -> Option<Vec<Change>> {
    store.read(move |tx| tx.changes_since(seq, 1000)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_sees_every_change_once_in_order_and_published() {
    const WRITERS: usize = 8;
    const WRITES: usize = 25;
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let mut changes = store.watch_changes().unwrap();
    assert_eq!(*changes.borrow_and_update(), 0);
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for number in 0..WRITES {
                add_contact(&store).await;
                // A failed write leaves no change and no gap, although it shares a transaction with other writes.
                let failed = store.write(move |tx| {
                    tx.insert_contact(BusinessId::FIRST, "failed", Timestamp::from_millis(0))?;
                    Err::<(), _>(Error::Value(number.to_string()))
                });
                failed.await.unwrap_err();
            }
        });
    }
    let (mut seen, mut copies) = (Vec::new(), 0);
    while seen.len() < WRITERS * WRITES {
        timeout(LIMIT, changes.changed()).await.unwrap().unwrap();
        let newest = *changes.borrow_and_update();
        if copies < 5 {
            copies += 1;
            let published: i64 = fixture.copy_value("SELECT max(seq) FROM changes");
            assert!(published >= newest, "a follower received {newest}, and a copy has only {published}");
        }
        let last = i64::try_from(seen.len()).unwrap();
        let found = changes_since(&store, last).await.unwrap();
        assert!(found.iter().any(|change| change.seq == newest), "{newest} was announced before it could be read");
        seen.extend(found.into_iter().filter(|change| change.seq <= newest).map(|change| change.seq));
    }
    while let Some(outcome) = writers.join_next().await {
        outcome.unwrap();
    }
    assert_eq!(seen, (1..=i64::try_from(WRITERS * WRITES).unwrap()).collect::<Vec<_>>());
    assert_eq!(changes_since(&store, *seen.last().unwrap()).await, Some(vec![]));

    // Closing a store ends the wait. The next run continues at the same position.
    store.close();
    timeout(LIMIT, changes.changed()).await.unwrap().unwrap_err();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let newest = i64::try_from(WRITERS * WRITES).unwrap();
    assert_eq!(*store.watch_changes().unwrap().borrow(), newest);
    add_contact(&store).await;
    assert_eq!(changes_since(&store, newest).await.unwrap()[0].seq, newest + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_a_position_of_the_newer_data_is_gone() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    for _ in 0..5 {
        add_contact(&store).await;
    }
    let backup = fixture.copy();
    for _ in 0..5 {
        add_contact(&store).await;
    }
    store.close();
    std::fs::copy(backup, fixture.published()).unwrap();
    let (store, _) = Store::open(fixture.config()).unwrap();
    for _ in 0..5 {
        add_contact(&store).await;
    }
    for position in [0, 5, 8, 10] {
        assert_eq!(changes_since(&store, position).await, None, "{position}");
    }
    let newest = store.read(|tx| tx.newest_change()).await.unwrap();
    assert_eq!(changes_since(&store, newest - 5).await.unwrap().len(), 5);
}
