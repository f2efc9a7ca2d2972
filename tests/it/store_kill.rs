//! Kills with `kill -9` at various times: every acknowledged write is present once, and every copy is correct.

use super::support::store::{Child, StoreFixture, check_copy};
use agentlocator::store::{Integrity, Store};
use std::time::Duration;

async fn killed_again_and_again(times: u64) {
    let fixture = StoreFixture::new();
    let clients = 6;
    let acks = fixture.acks(clients);
    for round in 0..times {
        let child = Child::start(&fixture, clients);
        // Checks a copy right after the start. Every start except the first follows a kill.
        let acknowledged = acks.all();
        assert_eq!(check_copy(&fixture.copy(), &acknowledged), None, "round {round}, first copy");
        // Kills the process at a different time in each round.
        tokio::time::sleep(Duration::from_micros(20_000 + round * 7_919 % 60_000)).await;
        child.kill9();
        // A kill in the middle of a write leaves a file that every reader rejects until the next start.
        let (acknowledged, dead) = (acks.all(), fixture.copy());
        if std::fs::read(&dead).unwrap()[..16] == [0; 16] {
            continue;
        }
        assert_eq!(check_copy(&dead, &acknowledged), None, "round {round}, copy while no process runs");
    }
    let child = Child::start(&fixture, clients);
    tokio::time::sleep(Duration::from_millis(50)).await;
    child.stop();
    assert_eq!(check_copy(&fixture.copy(), &acks.all()), None);
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(store.health().integrity, Integrity::Unchecked);
}

#[tokio::test]
async fn acknowledged_data_survives_a_kill() {
    killed_again_and_again(8).await;
}

#[tokio::test]
#[ignore = "takes long: make test-all"]
async fn long_acknowledged_data_survives_many_kills() {
    killed_again_and_again(200).await;
}

#[tokio::test]
async fn after_a_kill_the_whole_database_is_checked_beside_the_service() {
    let fixture = StoreFixture::new();
    let child = Child::start(&fixture, 4);
    tokio::time::sleep(Duration::from_millis(50)).await;
    child.kill9();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while store.health().integrity != Integrity::Ok {
        assert!(std::time::Instant::now() < deadline, "{:?}", store.health());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
