//! With `store.litestream`, the real Litestream replicates the database. Neither program truncates the write-ahead log
//! while the other one needs it.

use super::support::Setup;
use super::support::litestream::Litestream;
use super::support::whatsapp::{Shop, until};
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};

pub const BESIDE_LITESTREAM: &str = "[store]\nlitestream = true\n[alerts]\nsettle_s = 0\n";

pub fn beside_litestream(setup: &mut Setup) {
    setup.toml(BESIDE_LITESTREAM);
}

/// Sends messages; counts the acknowledged ones, and records the largest size of the write-ahead log in bytes.
#[derive(Default)]
struct Load {
    sent: u32,
    largest_log: u64,
}

impl Load {
    async fn messages(&mut self, shop: &Shop, count: u32) {
        for _ in 0..count {
            self.sent += 1;
            let from = format!("whatsapp:+97250{:07}", self.sent % 50);
            shop.receive_by_twilio(&from, &sid(self.sent), &"שלום ".repeat(40)).await;
            let log = std::fs::metadata(shop.daemon.folder().join("live/db.sqlite-wal")).map_or(0, |log| log.len());
            self.largest_log = self.largest_log.max(log);
        }
    }

    /// Waits until the replica has all acknowledged messages.
    async fn wait_until_replicated(&self, litestream: &Litestream) {
        until("the replica to have all messages", async || {
            (messages_in(&litestream.restored()?) == self.sent).then_some(())
        })
        .await;
    }
}

pub fn sid(number: u32) -> String {
    format!("SM{number:032x}")
}

pub fn messages_in(file: &Path) -> u32 {
    Connection::open(file).unwrap().query_row(RECEIVED_MESSAGES, [], |row| row.get(0)).unwrap()
}

const RECEIVED_MESSAGES: &str = "SELECT count(*) FROM messages WHERE direction = 'in'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litestream_misses_nothing_and_sends_the_whole_database_once() {
    let mut shop = Shop::open_with(beside_litestream, "").await;
    let Some(mut litestream) = Litestream::of(shop.daemon.folder()) else { return };
    litestream.start();
    let mut load = Load::default();
    load.messages(&shop, 400).await;
    load.wait_until_replicated(&litestream).await;

    // The daemon is restarted and killed while Litestream runs, and Litestream is killed while the daemon runs.
    shop.daemon.restart();
    load.messages(&shop, 100).await;
    shop.daemon.kill9();
    shop.daemon.launch();
    load.messages(&shop, 100).await;
    litestream.kill9();
    load.messages(&shop, 400).await;
    litestream.start();
    load.messages(&shop, 100).await;
    load.wait_until_replicated(&litestream).await;

    // systemd's order for a restart: Litestream stops first and starts last.
    litestream.stop();
    load.messages(&shop, 20).await;
    let mark = shop.daemon.logs().mark();
    shop.daemon.restart();
    load.messages(&shop, 20).await;
    litestream.start();
    load.wait_until_replicated(&litestream).await;
    let later = &shop.daemon.logs().lines()[mark..];
    assert!(!later.iter().any(|line| line.contains("STORE_UNCLEAN_STOP")), "{later:#?}");

    assert_eq!(litestream.snapshots(), 1);
    assert!(shop.daemon.logs().events_named("STORE_FOREIGN_COMMIT").is_empty());
    assert!(load.largest_log < 64 << 20, "the log had {} bytes", load.largest_log);
    assert_eq!(shop.daemon.query_value::<u32>(RECEIVED_MESSAGES), load.sent);
}

/// Sends up to 100 webhooks a second for `LITESTREAM_MINUTES`, by default 3. During a sixth of this time, the bucket is
/// unavailable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_the_replica_keeps_up_and_is_complete_after_an_outage() {
    let shop = Shop::open_with(beside_litestream, "").await;
    let Some(mut litestream) = Litestream::of(shop.daemon.folder()) else { return };
    litestream.start();
    let minutes = std::env::var("LITESTREAM_MINUTES").map_or(3, |minutes| minutes.parse().unwrap());
    let (began, length) = (Instant::now(), Duration::from_mins(minutes));
    let (away, mut load, mut lags) = (litestream.bucket().with_extension("away"), Load::default(), Vec::new());
    let mut acknowledged = vec![began];
    let mut next_look = began + Duration::from_secs(10);
    // Litestream doubles its delay after each failure. Therefore it resumes at most as long after the outage as the
    // outage lasted.
    let (mut has_resumed, mut back_at, mut resumed_after) = (true, None, None);
    let mut every = tokio::time::interval(Duration::from_millis(10));
    while began.elapsed() < length {
        every.tick().await;
        load.messages(&shop, 1).await;
        acknowledged.push(Instant::now());
        let is_down = began.elapsed() > length / 3 && began.elapsed() < length / 2;
        if is_down != away.exists() {
            eprintln!("{} messages: the bucket is {}", load.sent, if is_down { "away" } else { "back" });
            switch_bucket(&litestream, &away, is_down);
            has_resumed = false;
            back_at = (!is_down).then(Instant::now);
            next_look = Instant::now() + if is_down { length / 12 } else { length / 60 };
        }
        if !is_down && Instant::now() > next_look {
            // The restored copy may or may not contain messages that were acknowledged during the restore.
            let looked = Instant::now();
            let found = messages_in(&litestream.restored().unwrap()) as usize;
            let missing = acknowledged[1..].iter().skip(found).find(|at| **at < looked);
            let lag = missing.map_or(Duration::ZERO, |at| looked - *at);
            has_resumed |= lag < MAX_LAG;
            if has_resumed {
                resumed_after = resumed_after.or(back_at.map(|back: Instant| looked - back));
                lags.push(lag);
            } else {
                eprintln!("{} messages: the replica is still behind by {lag:?}", load.sent);
            }
            next_look = Instant::now() + if has_resumed { length / 20 } else { length / 60 };
        }
    }
    let took = began.elapsed();
    load.wait_until_replicated(&litestream).await;
    eprintln!(
        "{} messages in {took:?}, the replica was behind by {lags:?} and resumed {resumed_after:?} after the outage, the log \
         had {} bytes",
        load.sent, load.largest_log
    );
    let outage = length / 6;
    assert!(resumed_after.is_some_and(|after| after < outage + length / 30 + MAX_LAG), "{resumed_after:?}");
    assert!(lags.len() > 5 && lags.iter().all(|lag| *lag < MAX_LAG), "{lags:?}");
    assert_eq!(litestream.snapshots(), 1);
    assert!(load.largest_log < 64 << 20, "the log had {} bytes", load.largest_log);
    assert_eq!(shop.daemon.query_value::<u32>(RECEIVED_MESSAGES), load.sent);
}

/// Litestream reads the write-ahead log and uploads changes twice a second, so the replica is about a second behind.
/// The remaining time allows for the load of other tests.
const MAX_LAG: Duration = Duration::from_secs(3);

/// Makes the bucket unavailable, or available again. A file replaces the bucket's folder, because Litestream would
/// create a missing folder again.
fn switch_bucket(litestream: &Litestream, away: &Path, is_down: bool) {
    let bucket = litestream.bucket();
    if is_down {
        std::fs::rename(&bucket, away).unwrap();
        std::fs::write(&bucket, "").unwrap();
    } else {
        std::fs::remove_file(&bucket).unwrap();
        std::fs::rename(away, &bucket).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_litestream_the_log_stays_short_and_the_owner_is_notified() {
    let mut shop =
        Shop::open_with(|setup| _ = setup.toml(&format!("{BESIDE_LITESTREAM}replication_after_s = 0\n")), "").await;
    let raised = shop.daemon.logs().wait_for_event("ALERT_RAISED");
    assert!(raised.to_string().contains("replication"), "{raised}");
    let mut load = Load::default();
    load.messages(&shop, 50).await;
    let mark = shop.daemon.logs().mark();
    shop.daemon.restart();
    assert_eq!(shop.daemon.query_value::<u32>(RECEIVED_MESSAGES), load.sent);
    assert!(!shop.daemon.logs().lines()[mark..].iter().any(|line| line.contains("STORE_UNCLEAN_STOP")));

    let Some(mut litestream) = Litestream::of(shop.daemon.folder()) else { return };
    litestream.start();
    shop.daemon.logs().wait_for_event_from(mark, "ALERT_CLEARED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_litestream_while_the_daemon_is_off_are_no_damage() {
    let mut shop = Shop::open_with(beside_litestream, "").await;
    let Some(mut litestream) = Litestream::of(shop.daemon.folder()) else { return };
    let mut load = Load::default();
    load.messages(&shop, 20).await;
    assert!(shop.daemon.stop().success());
    // Litestream creates its own tables.
    litestream.start();
    load.wait_until_replicated(&litestream).await;
    litestream.stop();
    let mark = shop.daemon.logs().mark();
    shop.daemon.launch();
    shop.daemon.logs().wait_for_event_from(mark, "STORE_INTEGRITY_OK");
    load.messages(&shop, 1).await;
    assert!(shop.daemon.logs().events_named("STORE_LIVE_CHANGED").is_empty());
    assert_eq!(shop.daemon.query_value::<u32>(RECEIVED_MESSAGES), load.sent);
    let names = std::fs::read_dir(shop.daemon.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let archived: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with("agentlocator-before")).collect();
    assert!(archived.is_empty(), "{archived:?}");
}
