//! A disk that is full, broken or read-only while the daemon runs: no acknowledged write is lost, `/readyz` reports
//! what fails, calls are answered, and the daemon recovers by itself.

use super::support::faults::{EIO, ENOSPC, EROFS, Faults};
use super::support::store::integrity;
use super::support::whatsapp::{Shop, until};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const DATABASE: &str = "/live/db.sqlite";
const DANA: &str = "+972501234567";

async fn shop() -> (Shop, Faults) {
    let mut faults = None;
    let shop = Shop::open_with(|setup| faults = Some(Faults::none(setup)), "").await;
    (shop, faults.unwrap())
}

async fn ready(shop: &Shop) -> (u16, Value) {
    let reply = shop.daemon.client().get("/readyz").await;
    (reply.status, reply.json())
}

/// Sends the next message. Returns true if the daemon acknowledged it.
async fn receive(shop: &Shop, number: usize) -> bool {
    let body = json!({ "from": DANA, "text": format!("message {number}"), "id": format!("B{number}") });
    let reply = shop.bridge_posts(&body).await;
    if reply.status == 503 {
        assert!(reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    } else {
        assert_eq!(reply.status, 204, "{}", reply.text());
    }
    reply.status == 204
}

async fn a_call_is_answered(shop: &Shop, sid: &str) {
    let call = [("CallSid", sid), ("From", DANA), ("To", "+97235551234"), ("CallStatus", "ringing")];
    let reply = shop.twilio_posts("/webhook/incoming_call", &call).await;
    assert_eq!((reply.status, reply.text().contains("<Response>")), (200, true), "{}", reply.text());
}

/// Checks that a copy contains every acknowledged message exactly once.
fn is_all_there(shop: &Shop, acknowledged: &[usize]) {
    assert_eq!(integrity(&shop.daemon.published_file()), None);
    let texts: Vec<String> = shop.daemon.query_column("SELECT content_text FROM messages ORDER BY id");
    for number in acknowledged {
        let text = format!("message {number}");
        assert_eq!(texts.iter().filter(|found| **found == text).count(), 1, "{text}: {texts:?}");
    }
}

/// Runs the test with a live database that cannot be written.
async fn the_database_fails(calls: &str, code: i32, part: &str) {
    let (mut shop, faults) = shop().await;
    let mut acknowledged = Vec::new();
    for number in 0..5 {
        assert!(receive(&shop, number).await);
        acknowledged.push(number);
    }
    faults.fail_calls(calls, code, 3, part);
    let mut number = 5;
    let mut refused = 0;
    while refused < 3 {
        if receive(&shop, number).await {
            acknowledged.push(number);
        } else {
            refused += 1;
        }
        number += 1;
        assert!(number < 200, "it never failed");
    }
    a_call_is_answered(&shop, "CA00000000000000000000000000000001").await;
    let state = until("it to say so", async || Some(ready(&shop).await).filter(|(status, _)| *status == 503)).await;
    assert_eq!(state.1["db"], "error");
    assert_eq!(shop.daemon.client().get("/livez").await.status, 200);

    faults.end();
    until("messages to be accepted again", async || receive(&shop, number).await.then_some(())).await;
    acknowledged.push(number);
    until("it to be ready", async || Some(ready(&shop).await).filter(|(status, _)| *status == 200)).await;
    is_all_there(&shop, &acknowledged);
    tokio::task::block_in_place(|| shop.daemon.restart());
    is_all_there(&shop, &acknowledged);
    assert_eq!(ready(&shop).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_the_disk_of_the_database_is_full() {
    the_database_fails("w", ENOSPC, DATABASE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_the_disk_of_the_database_breaks() {
    the_database_fails("ws", EIO, DATABASE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_the_disk_stores_nothing_permanently() {
    the_database_fails("s", EIO, DATABASE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_the_disk_becomes_read_only() {
    the_database_fails("wst", EROFS, DATABASE).await;
}

/// Simulates an emergency remount as read-only by Linux: writes stay in memory, and `fsync` still reports success.
#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_a_read_only_disk_reports_no_error() {
    the_database_fails("r", 0, "/live").await;
}

/// Runs the test with a published file that cannot be written: messages are accepted, and `/readyz` reports the error.
async fn the_copy_fails(calls: &str, code: i32, skip: usize) {
    let (shop, faults) = shop().await;
    assert!(receive(&shop, 0).await);
    faults.fail_calls(calls, code, skip, "/agentlocator.db");
    let number = AtomicUsize::new(1);
    // Messages that are acknowledged while the published file is out of date are in the live database.
    let late = until("it to say so", async || {
        assert!(receive(&shop, number.fetch_add(1, Ordering::Relaxed)).await, "messages are accepted");
        Some(ready(&shop).await).filter(|(_, parts)| parts["published_copy"] == "error")
    });
    let (status, parts) = late.await;
    assert_eq!((status, &parts["db"]), (200, &json!("ok")));
    let header = std::fs::read(shop.daemon.published_file()).unwrap();
    let looks_whole = header.starts_with(b"SQLite format 3\0");
    assert!(
        !looks_whole || integrity(&shop.daemon.published_file()).is_none(),
        "the file is torn, although its header is valid"
    );
    a_call_is_answered(&shop, "CA00000000000000000000000000000001").await;

    faults.end();
    until("the copy to catch up", async || {
        Some(ready(&shop).await).filter(|(_, parts)| parts["published_copy"] == "ok")
    })
    .await;
    is_all_there(&shop, &(0..number.into_inner()).collect::<Vec<_>>());
    assert!(!shop.daemon.logs().events_named("STORE_PUBLISH_CURRENT").is_empty());
}

/// A phone call causes some writes whose result no code waits for. If the disk rejects such a write, the daemon logs
/// the name of the write and counts it.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_for_which_no_caller_waits_is_named_when_it_is_lost() {
    let (shop, faults) = shop().await;
    assert!(receive(&shop, 0).await);
    faults.fail_calls("w", ENOSPC, 0, DATABASE);
    let call = [
        ("CallSid", "CA00000000000000000000000000000001"),
        ("StreamSid", "MZ00000000000000000000000000000001"),
        ("StreamEvent", "stream-started"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/stream_status", &call).await.status, 204);
    let lost = until("the log to name it", async || {
        let events = shop.daemon.logs().events_named("STORE_WRITE_DROPPED");
        events.into_iter().find(|event| event["write"] == "http::webhooks::voice::stream::signed")
    })
    .await;
    assert!(lost["error"].as_str().unwrap().contains("disk is full"), "{lost}");
    let metrics = shop.daemon.client().get("/metrics").await.text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("agentlocator_store_writes_dropped_total ")).unwrap();
    assert!(line.parse::<f64>().unwrap() >= 1.0, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_delays_the_copy_and_refuses_no_message() {
    the_copy_fails("w", ENOSPC, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_breaks_during_a_copy_delays_the_copy_and_refuses_no_message() {
    the_copy_fails("wt", EIO, 2).await;
}

/// If the disk fails to write or to store a copy permanently, neither a backup nor a snapshot is created.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_makes_no_backup() {
    let (shop, faults) = shop().await;
    assert!(receive(&shop, 0).await);
    let target = shop.daemon.folder().join("backup.db");
    for (calls, code) in [("w", ENOSPC), ("s", EIO)] {
        faults.fail_calls(calls, code, 0, "backup.db.part");
        let output = tokio::task::block_in_place(|| shop.daemon.cli(&["backup", target.to_str().unwrap()]));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!target.exists() && !shop.daemon.folder().join("backup.db.part").exists());
        faults.fail_calls(calls, code, 0, "/snapshots/.unfinished");
        let output = tokio::task::block_in_place(|| shop.daemon.cli(&["snapshots", "create"]));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
    faults.end();
    let output = tokio::task::block_in_place(|| shop.daemon.cli(&["backup", target.to_str().unwrap()]));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(integrity(&target), None);
}

/// A backup was put in place, and the disk fails to read it. The daemon must not report this error as damage of the
/// backup's content.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cannot_be_read_is_not_called_damaged() {
    let (mut shop, faults) = shop().await;
    assert!(receive(&shop, 0).await);
    let backup = shop.daemon.folder().join("backup.db");
    std::fs::write(&backup, shop.daemon.published_content()).unwrap();
    assert!(receive(&shop, 1).await);
    tokio::task::block_in_place(|| assert!(shop.daemon.stop().success()));
    std::fs::copy(&backup, shop.daemon.published_file()).unwrap();
    faults.fail_calls("e", EIO, 0, "/agentlocator.db");
    tokio::task::block_in_place(|| shop.daemon.launch());
    let texts = shop.talk(DANA).await;
    assert_eq!(texts.len(), 2, "the data of the service is still used: {texts:?}");
    let event = shop.daemon.logs().wait_for_event("STORE_PUBLISH_FOREIGN");
    let found = event["found"].as_str().unwrap();
    assert!(found.contains("cannot be read") && found.contains("Input/output error"), "{found}");
    assert!(!found.contains("damaged"), "{found}");
    assert!(std::fs::read(shop.daemon.published_file()).unwrap() == std::fs::read(&backup).unwrap());

    // After the disk is readable again, a start adopts the backup.
    faults.end();
    tokio::task::block_in_place(|| shop.daemon.restart());
    assert_eq!(shop.daemon.logs().events_named("STORE_RESTORED").len(), 1);
    assert_eq!(shop.talk(DANA).await.len(), 1);
}
