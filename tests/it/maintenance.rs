//! The daemon's maintenance: disk space, retention, the nightly self-check.

use crate::support::small_disk::SmallDisk;
use crate::support::whatsapp::{OWN_SENDER, Shop, TOKEN, TwilioReply, until};
use crate::support::{Daemon, Setup};
use agentlocator::clock;
use agentlocator::config::Secret;
use agentlocator::providers::media_link::MediaLinks;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const DANA: &str = "+972501234567";

async fn alert_is(shop: &Shop, kind: &str, state: &str) -> Value {
    until(&format!("{kind} to be {state}"), async || {
        let alerts = shop.api.get("/api/alerts").await.json();
        let alerts = alerts["items"].as_array().unwrap().clone();
        alerts.into_iter().find(|alert| alert["kind"] == kind && alert["state"] == state)
    })
    .await
}

/// Posts the webhook of a message with a file, as Twilio does.
async fn picture(shop: &Shop, sid: &str) {
    let url = shop.twilio.file_url();
    let pairs = [
        ("MessageSid", sid),
        ("From", "whatsapp:+972501234567"),
        ("To", OWN_SENDER),
        ("Body", "look"),
        ("NumMedia", "1"),
        ("MediaUrl0", &url),
        ("MediaContentType0", "image/jpeg"),
    ];
    assert_eq!(shop.twilio_posts("/webhook/whatsapp/twilio", &pairs).await.status, 204);
}

async fn first_message(shop: &Shop) -> Value {
    shop.api.get("/api/threads/1/messages").await.json()["messages"][0].clone()
}

fn data_on(setup: &mut Setup, folder: &Path) {
    setup.env("DATABASE_URL", folder.join("agentlocator.db").display().to_string());
    setup.toml("[disk]\nmedia_stops_below = \"20 MB\"\ncritical_below = \"1 MB\"\n[alerts]\nsettle_s = 0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_full_disk_answers_calls_and_recovers_when_there_is_space() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut shop = Shop::open_with(|setup| data_on(setup, disk.path()), "").await;
    for kill in [false, true] {
        let ballast = disk.fill(0);
        if kill {
            shop.daemon.kill9();
            tokio::task::block_in_place(|| shop.daemon.launch());
        } else {
            tokio::task::block_in_place(|| shop.daemon.restart());
        }
        let sid = format!("CA{:032}", u8::from(kill));
        let call = [("CallSid", &*sid), ("From", DANA), ("To", "+97235551234"), ("CallStatus", "ringing")];
        let reply = shop.twilio_posts("/webhook/incoming_call", &call).await;
        assert_eq!((reply.status, reply.text().contains("<Response>")), (200, true), "{}", reply.text());
        std::fs::remove_file(ballast).unwrap();
        shop.daemon.logs().wait_for_event("DISK_OK");
        let body = json!({ "from": DANA, "text": "hello", "id": format!("B{kill}") });
        until("messages to be accepted", async || (shop.bridge_posts(&body).await.status == 204).then_some(())).await;
        // The disk reserve is allocated again at a start with enough space.
        tokio::task::block_in_place(|| shop.daemon.restart());
    }
    assert_eq!(shop.daemon.logs().events_named("STORE_RESERVE_USED").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_filling_disk_files_wait_and_messages_are_stored_until_there_is_space() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let shop = Shop::open_with(|setup| data_on(setup, disk.path()), "").await;
    let ballast = disk.take(48);
    shop.daemon.logs().wait_for_event("DISK_LOW");
    let alert = alert_is(&shop, "disk_low", "raised").await;
    assert!(alert["detail"]["en"].as_str().unwrap().ends_with(" of 64 MB are free."), "{alert}");
    picture(&shop, "SM00000000000000000000000000000001").await;
    shop.daemon.logs().wait_for_event("JOB_RETRY");
    let message = first_message(&shop).await;
    assert_eq!((&message["content_text"], &message["media_state"]), (&json!("look"), &json!("waiting")));
    assert_eq!(shop.twilio.file_requests().len(), 0, "the file was requested");
    let metrics = shop.daemon.client().get("/metrics").await.text();
    assert!(metrics.contains("\nagentlocator_disk_takes_media 0\n"), "{metrics}");

    std::fs::remove_file(ballast).unwrap();
    shop.daemon.logs().wait_for_event("WA_MEDIA_FETCHED");
    assert_eq!(first_message(&shop).await["media_state"], "stored");
    alert_is(&shop, "disk_low", "cleared").await;
    shop.daemon.logs().wait_for_event("DISK_OK");
}

const OLD: &str = "
    INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES (1, 1, '2020-01-01T00:00:00.000Z', '');
    INSERT INTO threads(id, type, contact_id, peer_number, created_at) VALUES
        (1, 'whatsapp', 1, '+972501234567', '2020-01-01T00:00:00.000Z'), (2, 'call', 1, '+972501234567', '2020-01-01T00:00:00.000Z');
    INSERT INTO messages(id, thread_id, direction, message_type, media_url, status, created_at) VALUES
        (1, 1, 'in', 'media', '/api/media/aa', 'received', '2020-01-01T00:00:00.000Z');
    INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES ('aa', 'image/png', 3, x'010203', '2020-01-01T00:00:00.000Z');
    INSERT INTO message_media(message_id, position, source_url, sha256, state) VALUES (1, 0, 'https://x.example/1', 'aa', 'stored');
    INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, started_at, updated_at)
        VALUES (1, 'CA00000000000000000000000000000001', 2, 1, 'in', '+972501234567', '+97235551234', 'ended', '2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z');
    INSERT INTO call_turns(call_id, seq, item_id, speaker, text, started_ms, created_at)
        VALUES (1, 1, 'a', 'caller', 'hello', 0, '2020-01-01T00:00:00.000Z');
    INSERT INTO recordings(id, call_id, source, state, bytes, created_at) VALUES (1, 1, 'stream', 'complete', 50, '2020-01-01T00:00:00.000Z');
    INSERT INTO recording_chunks(recording_id, seq, content) VALUES (1, 0, zeroblob(50));
    INSERT INTO webhook_journal(received_at, source, path, body, outcome) VALUES ('2020-01-01T00:00:00.000Z', 'twilio', '/', x'', 'malformed');
    INSERT INTO audit_log(at, actor, action) VALUES ('2020-01-01T00:00:00.000Z', 'cli', 'token_created'),
        (strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-725 days'), 'cli', 'young');";

#[tokio::test(flavor = "multi_thread")]
async fn expired_data_is_deleted_and_shown_as_deleted() {
    let all = "[retention]\nmedia_days = 30\nrecordings_days = 30\ntranscripts_days = 30\n";
    let shop = Shop::open_with(|setup| _ = setup.toml(all), OLD).await;
    let file = shop.api.get("/api/media/aa").await;
    assert_eq!((file.status, file.body.as_slice()), (200, [1, 2, 3].as_slice()));
    let run = |arguments: &[&str]| {
        let output = tokio::task::block_in_place(|| shop.daemon.cli(arguments));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let counted = |shares: &Value| -> Vec<(String, u64, u64)> {
        let shares = shares.as_array().unwrap().iter();
        let number = |value: &Value| value.as_u64().unwrap();
        shares.map(|s| (s["what"].as_str().unwrap().to_owned(), number(&s["rows"]), number(&s["bytes"]))).collect()
    };
    let expected = [("media", 1, 3), ("recordings", 1, 50), ("transcripts", 1, 5), ("journal", 1, 0), ("audit", 1, 0)];
    let expected = expected.map(|(what, rows, bytes)| (what.to_owned(), rows, bytes));
    assert_eq!(counted(&run(&["retention", "--dry-run", "--json"])), expected);
    assert_eq!(shop.api.get("/api/media/aa").await.status, 200, "the file was deleted");
    assert_eq!(counted(&run(&["retention", "--json"])), expected);
    assert_eq!(counted(&run(&["retention", "--dry-run", "--json"])).iter().map(|share| share.1).sum::<u64>(), 0);

    let gone = shop.api.get("/api/media/aa").await;
    assert_eq!((gone.status, gone.json()["error"]["code"].clone()), (410, json!("media_expired")));
    let link = MediaLinks::new("", &Secret::new(TOKEN)).link("aa", clock::now(), Duration::from_hours(1));
    assert_eq!(shop.daemon.client().get(&link).await.status, 410, "a link that a provider received before");
    let message = first_message(&shop).await;
    assert_eq!((&message["media_state"], &message["media_url"]), (&json!("pruned"), &json!("/api/media/aa")));
    for what in ["recording", "peaks"] {
        let sound = shop.api.get(&format!("/api/calls/1/{what}")).await;
        assert_eq!((sound.status, sound.json()["error"]["code"].clone()), (410, json!("recording_expired")), "{what}");
    }
    let call = shop.api.get("/api/calls/1").await.json();
    assert_eq!(
        (&call["call_sid"], &call["recordings"][0]["state"], &call["turns"], &call["transcript_pruned"]),
        (&json!("CA00000000000000000000000000000001"), &json!("pruned"), &json!([]), &json!(true))
    );
    let audit = shop
        .daemon
        .query_column::<String>("SELECT actor || ' ' || subject FROM audit_log WHERE action = 'retention' ORDER BY id");
    assert!(audit.len() == 3 && audit[0].starts_with("cli 1 media, 3 bytes, from before "), "{audit:?}");
    let oldest = "SELECT action FROM audit_log ORDER BY at LIMIT 1";
    assert_eq!(shop.daemon.query_value::<String>(oldest), "young", "the audit log is kept for two years");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_deletes_nothing_while_the_clock_seems_to_be_ahead() {
    let mut daemon = Daemon::prepare(|setup| _ = setup.toml("[retention]\nmedia_days = 30\n"));
    daemon.seed(OLD);
    daemon.seed("INSERT INTO meta(key, value) VALUES ('retention.last_run', '2026-01-01T00:00:00.000Z')");
    tokio::task::block_in_place(|| daemon.launch());
    let files = || daemon.query_value::<i64>("SELECT count(*) FROM media WHERE pruned_at IS NULL");
    let run = |arguments: &[&str]| tokio::task::block_in_place(|| daemon.cli(arguments));
    let refused = run(&["retention"]);
    let reason = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && reason.contains("no other clock confirms that"), "{reason}");
    assert!(reason.contains("2026-01-01") && reason.contains("--force"), "{reason}");
    assert_eq!(files(), 1);
    assert!(run(&["retention", "--dry-run"]).status.success());
    assert!(run(&["retention", "--force"]).status.success());
    assert_eq!(files(), 0);
    assert!(run(&["retention"]).status.success(), "the clock has been confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_check_reports_success_and_failures() {
    let settings = |setup: &mut Setup| _ = setup.toml("[alerts]\nsettle_s = 0\n");
    let mut shop = Shop::open_with(settings, "").await;
    shop.receive_by_bridge(DANA, "B1", "hello").await;
    let path = "/api/self-check";
    assert_eq!(shop.api.get(path).await.json(), json!({"last": null, "history": []}));
    let staff = shop.daemon.client().with_token(&tokio::task::block_in_place(|| shop.daemon.token("staff")));
    assert_eq!((staff.get(path).await.status, staff.post_json(path, &json!({})).await.status), (403, 403));
    assert_eq!(shop.api.post_json(path, &json!({})).await.status, 202);
    assert_eq!(shop.daemon.logs().wait_for_event("SELF_CHECK")["ok"], true);
    let last = until("it to be kept", async || {
        let checks = shop.api.get(path).await.json();
        (checks["history"].as_array().unwrap().len() == 1).then(|| checks["last"].clone())
    })
    .await;
    let states: Vec<_> = last["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["check"].clone(), finding["state"].clone()))
        .collect();
    for check in ["database", "published_copy", "disk", "outbox", "jobs", "bridge"] {
        assert!(states.contains(&(json!(check), json!("ok"))), "{last:#}");
    }
    // Each finding has a code, and a text in the user's language.
    let hebrew = shop.api.clone().with_header("accept-language", "he").get(path).await.json();
    for finding in hebrew["last"]["findings"].as_array().unwrap() {
        let is_hebrew =
            |field: &str| finding[field].as_str().unwrap().chars().any(|letter| ('א'..='ת').contains(&letter));
        assert!(finding["code"].is_string() && is_hebrew("found"), "{finding}");
        assert!(finding["remedy"] == "" || is_hebrew("remedy"), "{finding}");
    }
    // Adds a row with a dangling reference, which only SQLite's own checks detect.
    assert!(tokio::task::block_in_place(|| shop.daemon.stop()).success());
    let orphan =
        "PRAGMA foreign_keys = OFF; INSERT INTO message_events(message_id, kind, at) VALUES (999, 'edit', '');";
    tokio::task::block_in_place(|| {
        shop.daemon.seed(orphan);
        shop.daemon.launch();
    });
    let mark = shop.daemon.logs().mark();
    assert_eq!(shop.api.post_json(path, &json!({})).await.status, 202);
    let event = shop.daemon.logs().wait_for_event_from(mark, "SELF_CHECK");
    assert!(event["findings"].as_str().unwrap().contains("refers to a row of messages that is not there"), "{event}");
    alert_is(&shop, "self_check", "raised").await;
    alert_is(&shop, "integrity", "raised").await;
    let metrics = shop.daemon.client().get("/metrics").await.text();
    for line in ["\nagentlocator_self_check_ok 0\n", "\nagentlocator_integrity_ok 0\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_twilio_account_is_reported_until_it_is_accepted() {
    let shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "twilio").toml("[alerts]\nsettle_s = 0\n");
        },
        "",
    )
    .await;
    shop.receive_by_twilio("whatsapp:+972501234567", "SM00000000000000000000000000000001", "hello").await;
    shop.twilio.reply_next([(); 2].map(|()| TwilioReply::Refuse(401, 20003)));
    shop.say(DANA, "one").await;
    let alert = alert_is(&shop, "twilio_refused", "raised").await;
    for language in ["en", "he"] {
        assert!(alert["detail"][language].as_str().unwrap().contains("TWILIO_AUTH_TOKEN"), "{alert:#}");
    }
    shop.say(DANA, "two").await;
    alert_is(&shop, "twilio_refused", "cleared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn free_pages_of_the_database_are_returned_to_the_disk_during_writes() {
    use crate::support::store::{StoreFixture, integrity};
    let fixture = StoreFixture::new();
    let (store, _) = agentlocator::store::Store::open(fixture.config()).unwrap();
    let row = |store: &agentlocator::store::Store| {
        let store = store.clone();
        async move { store.write(|tx| tx.set_meta("ballast", &"x".repeat(1 << 20))).await.unwrap() }
    };
    row(&store).await;
    for number in 0..40 {
        store.write(move |tx| tx.set_meta(&format!("ballast-{number}"), &"x".repeat(1 << 20))).await.unwrap();
    }
    for number in 0..40 {
        store.write(move |tx| tx.set_meta(&format!("ballast-{number}"), "")).await.unwrap();
    }
    let full = store.read(|tx| tx.page_usage()).await.unwrap();
    let writing = async {
        for number in 0..50 {
            store.write(move |tx| tx.set_meta("number", &number.to_string())).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let (freed, ()) = tokio::join!(agentlocator::maintenance::housekeeping::vacuum(&store), writing);
    let lean = store.read(|tx| tx.page_usage()).await.unwrap();
    assert!(freed.unwrap() > 30 << 20 && lean.pages + 7000 < full.pages, "{full:?} {lean:?}");
    assert!(lean.free_pages * lean.page_bytes < 6 << 20, "{lean:?}");
    fixture.until_current(&store).await;
    assert_eq!(integrity(&fixture.copy()), None);
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'number'"), "49");
    assert_eq!(store.check_integrity().await.unwrap(), None);
    assert_eq!(store.check_published().await.unwrap(), agentlocator::store::CopyCheck::Equal);
    store.close();
}

/// The nightly check reads the whole published file while messages arrive. A second open descriptor of the file, even
/// in the same process, would keep the publisher from writing the file. Then the file would fall behind, or the
/// publisher would need a second file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_of_the_published_file_keeps_it_current() {
    use crate::support::store::StoreFixture;
    use agentlocator::store::{CopyCheck, PublishState, Store};
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    for number in 0..60 {
        store.write(move |tx| tx.set_meta(&format!("ballast-{number}"), &"x".repeat(1 << 20))).await.unwrap();
    }
    let checking = tokio::spawn({
        let store = store.clone();
        async move { store.check_published().await.unwrap() }
    });
    let mut writes = 0;
    while !checking.is_finished() {
        writes += 1;
        store.write(move |tx| tx.set_meta("number", &writes.to_string())).await.unwrap();
        assert_eq!(store.health().publish, PublishState::Current);
    }
    assert!(writes > 10, "only {writes} writes during the check");
    assert_eq!(checking.await.unwrap(), CopyCheck::Equal);
    let spare = fixture.live().with_file_name("spare-1.db");
    assert!(!spare.exists(), "the check kept the file from being written in place");
    store.close();
}

/// Simulates a disk that loses written data, which only a full read of the file can detect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_finds_a_page_of_the_published_file_that_differs() {
    use crate::support::store::StoreFixture;
    use agentlocator::store::{CopyCheck, Store};
    use std::os::unix::fs::FileExt;
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("ballast", &"x".repeat(1 << 20))).await.unwrap();
    assert_eq!(store.check_published().await.unwrap(), CopyCheck::Equal);
    let file = std::fs::OpenOptions::new().write(true).open(fixture.published()).unwrap();
    let found = file.metadata().unwrap();
    let page = u32::try_from(found.len() / 4096).unwrap() / 2;
    file.write_all_at(&[0x55; 4096], u64::from(page - 1) * 4096).unwrap();
    // Restores the modification time, so that neither the length nor the time of the file shows the change.
    file.set_times(std::fs::FileTimes::new().set_modified(found.modified().unwrap())).unwrap();
    drop(file);
    assert_eq!(store.check_published().await.unwrap(), CopyCheck::Differs { pages: 1, first: page });
    store.close();
}

#[test]
fn wrong_disk_limits_are_reported_with_their_line() {
    let daemon = Daemon::prepare(|setup| _ = setup.toml("[disk]\nmedia_stops_below = \"lots\"\n"));
    let printed = String::from_utf8_lossy(&daemon.cli(&["config", "check"]).stderr).into_owned();
    assert!(printed.contains("config.toml:2:") && printed.contains("\"500 MB or 5 %\""), "{printed}");
}
