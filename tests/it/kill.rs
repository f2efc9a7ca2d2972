//! Kills the daemon with `kill -9` at random times under mixed load: inbound and outbound messages by both providers,
//! and calls. Afterwards, every acknowledged message is stored once, every accepted message is sent once, and no work
//! is stuck.

mod expected_state;
mod load;

use super::support::Daemon;
use super::support::whatsapp::until;
use expected_state::ExpectedState;
use load::KillHarness;
use std::sync::Arc;
use std::time::Duration;

async fn killed_again_and_again(rounds: u64) {
    let mut harness = KillHarness::begin().await;
    let expected = Arc::new(ExpectedState::default());
    let mut load = harness.load(&expected);
    for round in 0..rounds {
        // Kills the daemon at a different time in each round.
        tokio::time::sleep(Duration::from_millis(400 + round * 7_919 % 700)).await;
        tokio::task::block_in_place(|| {
            harness.daemon.kill9();
            harness.daemon.launch();
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    expected.stop();
    while let Some(ended) = load.join_next().await {
        ended.unwrap();
    }
    nothing_is_stuck(&harness.daemon).await;
    expected.assert_matches(&harness);
}

/// Waits until every queued message is sent. If it is unknown whether Twilio accepted a message, the daemon searches
/// Twilio's list for a minute.
async fn nothing_is_stuck(daemon: &Daemon) {
    let waiting = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'doubtful')";
    let deadline = std::time::Instant::now() + Duration::from_secs(100);
    while daemon.query_value::<i64>(waiting) > 0 && std::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    until("the outbox to be empty", async || (daemon.query_value::<i64>(waiting) == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_or_doubled() {
    killed_again_and_again(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_no_acknowledged_write_is_lost_or_doubled() {
    killed_again_and_again(50).await;
}
