//! A backup that is put in place with `cp`: the reports to the owner, and the owner's decisions.

use crate::support::client::send;
use crate::support::store::{integrity, open_copy};
use crate::support::whatsapp::{BridgeReply, Shop, until};
use crate::support::{forget_clean_stop, skipped};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

const DANA: &str = "+972501234567";

async fn shop() -> Shop {
    Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "baileys").toml("[alerts]\nsettle_s = 0\nbridge_down_after_s = 0\n");
        },
        "",
    )
    .await
}

fn cp(from: &Path, to: &Path) {
    assert!(Command::new("cp").args([from, to]).status().unwrap().success());
}

fn restart(shop: &mut Shop, while_stopped: impl FnOnce(&Shop)) {
    tokio::task::block_in_place(|| {
        assert!(shop.daemon.stop().success());
        while_stopped(shop);
        shop.daemon.launch();
    });
}

async fn raised(shop: &Shop, kind: &str) -> Value {
    until(&format!("the alert {kind}"), async || {
        let alerts = shop.api.get("/api/alerts").await.json();
        let alerts = alerts["items"].as_array().unwrap().clone();
        alerts.into_iter().find(|alert| alert["kind"] == kind && alert["state"] == "raised")
    })
    .await
}

async fn cleared(shop: &Shop, kind: &str) {
    until(&format!("the end of the alert {kind}"), async || {
        let alerts = shop.api.get("/api/alerts").await.json();
        let alerts = alerts["items"].as_array().unwrap().clone();
        alerts.iter().any(|alert| alert["kind"] == kind && alert["state"] == "cleared").then_some(())
    })
    .await;
}

/// Prepares a shop with a sent message, and a backup in which this message is still queued. Returns the shop, the path
/// of the backup, and the message.
async fn with_a_backup() -> (Shop, std::path::PathBuf, Value) {
    let shop = shop().await;
    shop.receive_by_bridge(DANA, "B1", "hello").await;
    let waits = shop.say(DANA, "waits").await;
    shop.until_status(&waits, "sent").await;
    let backup = shop.daemon.folder().join("backup.db");
    std::fs::write(&backup, shop.daemon.published_content()).unwrap();
    // Changes the backup to the state from just before the message was sent.
    let not_yet_sent = "UPDATE outbox SET state = 'queued', attempts = 0, attempt_at = NULL;
        UPDATE messages SET status = 'queued', sent_at = NULL, provider_msg_id = NULL WHERE content_text = 'waits'";
    Connection::open(&backup).unwrap().execute_batch(not_yet_sent).unwrap();
    (shop, backup, waits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_message_is_not_sent_again_and_the_owner_decides() {
    for action in ["discard", "send"] {
        let (mut shop, backup, waits) = with_a_backup().await;
        restart(&mut shop, |shop| cp(&backup, &shop.daemon.published_file()));
        assert_eq!(shop.daemon.logs().events_named("STORE_RESTORED").len(), 1);
        let held = shop.message(&waits).await;
        assert_eq!((&held["status"], &held["waits_for"]), (&json!("queued"), &json!("owner")));
        let raised_alert = raised(&shop, "database_replaced").await;
        for language in ["he", "en"] {
            let detail = raised_alert["detail"][language].as_str().unwrap();
            assert!(
                detail.contains("agentlocator restore ") && detail.contains("agentlocator-before-restore-"),
                "{detail}"
            );
        }
        raised(&shop, "outbox_held").await;
        let status = shop.api.get("/api/database").await.json();
        assert_eq!(status["notice"]["event"], "restored");
        assert_eq!((status["held"].as_array().unwrap().len(), &status["held"][0]["text"]), (1, &json!("waits")));
        // New messages are sent without waiting for the held message.
        let new = shop.say(DANA, "new").await;
        shop.until_status(&new, "sent").await;
        assert_eq!(shop.bridge.texts(), ["waits", "new"]);

        let reply = shop.api.post_json("/api/database/held", &json!({ "action": action })).await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "messages": 1 })));
        let becomes = if action == "send" { "sent" } else { "failed" };
        shop.until_status(&waits, becomes).await;
        cleared(&shop, "outbox_held").await;
        let reply = send(shop.api.request(Method::DELETE, "/api/database/notice")).await;
        assert_eq!(reply.status, 204);
        cleared(&shop, "database_replaced").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_message_that_was_sent_is_not_sent_again() {
    for action in ["discard", "send"] {
        let mut shop = shop().await;
        shop.receive_by_bridge(DANA, "B1", "hello").await;
        let schedule = async |text: &str, minutes: u64| {
            let at = agentlocator::clock::now().plus(std::time::Duration::from_mins(minutes));
            let body = json!({ "thread_id": 1, "text": text, "send_at": at });
            assert_eq!(shop.api.post_json("/api/scheduled-messages", &body).await.status, 201);
        };
        schedule("due before the restore", 60).await;
        schedule("due after the restore", 120).await;
        let backup = shop.daemon.folder().join("backup.db");
        std::fs::write(&backup, shop.daemon.published_content()).unwrap();
        // Moves the message's time in the backup into the past, so that the message may have been sent after the backup
        // was made.
        let due = "UPDATE scheduled_messages SET send_at = '2020-01-01T00:00:00.000Z' WHERE id = 1";
        Connection::open(&backup).unwrap().execute_batch(due).unwrap();
        restart(&mut shop, |shop| cp(&backup, &shop.daemon.published_file()));
        raised(&shop, "outbox_held").await;
        let held = shop.api.get("/api/database").await.json()["held_scheduled"].clone();
        assert_eq!((held.as_array().unwrap().len(), &held[0]["id"]), (1, &json!(1)), "{held}");
        // New messages are sent without waiting for the held message.
        let new = shop.say(DANA, "new").await;
        shop.until_status(&new, "sent").await;
        assert_eq!(shop.bridge.texts(), ["new"]);

        let reply = shop.api.post_json("/api/database/held", &json!({ "action": action })).await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "messages": 1 })));
        let becomes = if action == "send" { "sent" } else { "cancelled" };
        until("the decision", async || {
            let message = shop.api.get("/api/scheduled-messages/1").await.json();
            (message["state"] == becomes).then_some(())
        })
        .await;
        cleared(&shop, "outbox_held").await;
        assert_eq!(shop.api.get("/api/scheduled-messages/2").await.json()["state"], "waiting");
        assert_eq!(shop.api.get("/api/database").await.json()["held_scheduled"], json!([]));
    }
}

/// The bridge recognizes a scheduled message that it has sent before the restore, as it does with other messages.
#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_message_that_was_sent_keeps_its_key() {
    let mut shop = shop().await;
    shop.receive_by_bridge(DANA, "B1", "hello").await;
    let at = agentlocator::clock::now().plus(std::time::Duration::from_hours(1));
    let body = json!({ "thread_id": 1, "text": "reminder", "send_at": at });
    assert_eq!(shop.api.post_json("/api/scheduled-messages", &body).await.status, 201);
    let backup = shop.daemon.folder().join("backup.db");
    std::fs::write(&backup, shop.daemon.published_content()).unwrap();
    let due = "UPDATE scheduled_messages SET send_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 minute')";
    Connection::open(&backup).unwrap().execute_batch(due).unwrap();
    for _ in 0..2 {
        restart(&mut shop, |shop| cp(&backup, &shop.daemon.published_file()));
        raised(&shop, "outbox_held").await;
        assert_eq!(shop.api.post_json("/api/database/held", &json!({ "action": "send" })).await.status, 200);
        until("the message", async || {
            let message = shop.api.get("/api/scheduled-messages/1").await.json();
            (message["state"] == "sent").then_some(())
        })
        .await;
        until("the end of the attempt", async || (shop.count("outbox WHERE state = 'done'") == 1).then_some(())).await;
    }
    assert_eq!(shop.bridge.texts(), ["reminder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_restores_the_replaced_database() {
    let (mut shop, backup, waits) = with_a_backup().await;
    restart(&mut shop, |shop| cp(&backup, &shop.daemon.published_file()));
    let status = shop.api.get("/api/database").await.json();
    let archived = status["notice"]["archived"].as_str().unwrap().to_owned();
    restart(&mut shop, |shop| {
        let output = shop.daemon.cli(&["restore", &archived, "--yes"]);
        assert!(output.status.success(), "{output:?}");
    });
    assert_eq!(shop.message(&waits).await["status"], "sent");
    assert_eq!(shop.api.get("/api/database").await.json()["held"], json!([]));
}

/// The second backup contains the alert about the first one.
#[tokio::test(flavor = "multi_thread")]
async fn each_replaced_database_is_reported() {
    let (mut shop, backup, _) = with_a_backup().await;
    let raised_count = |shop: &Shop| {
        let sql = "SELECT count(*) FROM alert_events WHERE kind = 'database_replaced' AND transition = 'raised'";
        shop.daemon.query_value::<i64>(sql)
    };
    restart(&mut shop, |shop| cp(&backup, &shop.daemon.published_file()));
    raised(&shop, "database_replaced").await;
    until("the first alert in the database", async || (raised_count(&shop) == 1).then_some(())).await;
    let first = shop.api.get("/api/database").await.json()["notice"]["archived"].clone();
    std::fs::write(&backup, shop.daemon.published_content()).unwrap();
    shop.receive_by_bridge(DANA, "B2", "later").await;
    restart(&mut shop, |shop| cp(&backup, &shop.daemon.published_file()));
    until("the second alert in the database", async || (raised_count(&shop) == 2).then_some(())).await;
    let second = shop.api.get("/api/database").await.json()["notice"]["archived"].clone();
    assert_ne!(first, second);
    let listed = tokio::task::block_in_place(|| shop.daemon.cli(&["alerts", "list"]));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names = |path: &Value| listed.contains(path.as_str().unwrap());
    assert!(names(&second) && !names(&first), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_chooses_the_data_while_the_daemon_runs() {
    let (mut shop, backup, waits) = with_a_backup().await;
    let choose =
        async |shop: &Shop, data: &str| shop.api.post_json("/api/database/found", &json!({ "data": data })).await;
    assert_eq!(choose(&shop, "current").await.status, 404, "there is no decision to make");

    cp(&backup, &shop.daemon.published_file());
    let raised_alert = raised(&shop, "foreign_file").await;
    assert!(raised_alert["detail"]["he"].as_str().unwrap().contains("agentlocator restore "), "{raised_alert}");
    let reply = choose(&shop, "current").await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "restart_required": false })));
    cleared(&shop, "foreign_file").await;
    assert_eq!(shop.message(&waits).await["status"], "sent");

    cp(&backup, &shop.daemon.published_file());
    raised(&shop, "foreign_file").await;
    // A restart alone makes no decision, so the alert is still raised afterwards. When the alert about the bridge, which
    // is new, is raised, the new run has checked the file too.
    restart(&mut shop, |shop| shop.bridge.down(true));
    raised(&shop, "bridge_down").await;
    raised(&shop, "foreign_file").await;
    assert_eq!(shop.message(&waits).await["status"], "sent");
    let reply = choose(&shop, "found").await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "restart_required": true })));
    restart(&mut shop, |_| {});
    assert_eq!(shop.message(&waits).await["status"], "queued");
    assert_eq!(shop.api.get("/api/database").await.json()["notice"]["event"], "restored");
}

/// Root puts two backups in place: the service's user cannot read the first one, and can read but not write the second
/// one.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_another_user_is_used_or_the_alert_says_which_chown_it_needs() {
    if !rustix::process::geteuid().is_root() {
        skipped("only root can give a file to another user");
        return;
    }
    let mut shop = Shop::open_with(
        |setup| {
            let toml = "[alerts]\nsettle_s = 0\nbridge_down_after_s = 0\n";
            setup.env("WHATSAPP_PROVIDER", "baileys").toml(toml).as_ordinary_user();
        },
        "",
    )
    .await;
    shop.receive_by_bridge(DANA, "B1", "in the backup").await;
    let backup = shop.daemon.folder().join("backup.db");
    std::fs::write(&backup, shop.daemon.published_content()).unwrap();
    shop.receive_by_bridge(DANA, "B2", "later").await;
    let published = shop.daemon.published_file();
    let put = |shop: &Shop, mode: u32| {
        std::fs::remove_file(shop.daemon.published_file()).unwrap();
        cp(&backup, &shop.daemon.published_file());
        chown(shop.daemon.published_file(), Some(65_534), Some(65_534)).unwrap();
        std::fs::set_permissions(shop.daemon.published_file(), Permissions::from_mode(mode)).unwrap();
    };

    restart(&mut shop, |shop| put(shop, 0o600));
    let raised_alert = raised(&shop, "foreign_file").await;
    let command = format!("sudo chown root: {}", published.display());
    for language in ["he", "en"] {
        let detail = raised_alert["detail"][language].as_str().unwrap();
        assert!(detail.contains(&command), "{detail}");
    }
    assert_eq!(shop.talk(DANA).await.len(), 2, "the data of the service is used");

    restart(&mut shop, |shop| put(shop, 0o644));
    assert_eq!(shop.talk(DANA).await.len(), 1, "the backup is used");
    // The alert is not listed because it was stored in the database that is now archived.
    let alerts = shop.api.get("/api/alerts").await.json();
    assert!(!alerts.to_string().contains("foreign_file"), "{alerts}");
    shop.receive_by_bridge(DANA, "B3", "after the restore").await;
    assert_eq!(shop.daemon.client().get("/readyz").await.json()["published_copy"], "ok");
    assert_eq!(std::fs::metadata(&published).unwrap().uid(), 0, "a file of the service replaced it");
    let copied = open_copy(&published);
    let texts: u32 = copied.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap();
    assert_eq!(texts, 2);
}

/// The published file may be slightly older than the damaged live database. Therefore messages that are queued in the
/// published file may already have been sent.
#[tokio::test(flavor = "multi_thread")]
async fn messages_are_held_when_the_live_database_is_damaged() {
    let mut shop = shop().await;
    shop.bridge.down(true);
    shop.bridge.reply_next(std::iter::repeat_n(BridgeReply::Refuse(503), 2));
    let waits = shop.send(&json!({ "to": DANA, "text": "waits", "provider": "baileys" })).await.json();
    until("an attempt", async || (!shop.bridge.requests().is_empty()).then_some(())).await;
    restart(&mut shop, |shop| {
        std::fs::write(shop.daemon.folder().join("live/db.sqlite"), "no database any more").unwrap();
        shop.bridge.down(false);
    });
    let events = shop.daemon.logs().events_named("OUTBOX_HELD");
    assert_eq!((events.len(), &events[0]["messages"]), (1, &json!(1)), "{events:?}");
    assert_eq!(shop.daemon.logs().events_named("STORE_LIVE_DAMAGED").len(), 1);
    raised(&shop, "outbox_held").await;
    let raised_alert = raised(&shop, "database_replaced").await;
    assert!(raised_alert["detail"]["en"].as_str().unwrap().contains("was damaged"), "{raised_alert}");
    let status = shop.api.get("/api/database").await.json();
    assert_eq!((&status["notice"]["event"], &status["held"][0]["text"]), (&json!("live_damaged"), &json!("waits")));
    let new = shop.say(DANA, "new").await;
    shop.until_status(&new, "sent").await;
    assert_eq!(shop.bridge.texts(), ["new"]);
    let reply = shop.api.post_json("/api/database/held", &json!({ "action": "send" })).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "messages": 1 })));
    shop.until_status(&waits, "sent").await;

    // Without a queued message, no held messages are reported.
    let before = shop.daemon.logs().events_named("OUTBOX_HELD").len();
    restart(&mut shop, |shop| {
        std::fs::write(shop.daemon.folder().join("live/db.sqlite"), "no database any more").unwrap();
    });
    assert_eq!(shop.daemon.logs().events_named("OUTBOX_HELD").len(), before);
    assert_eq!(shop.daemon.logs().events_named("STORE_LIVE_DAMAGED").len(), 2);
}

/// The damage is in a part that a start does not read, so that only the verification after a crash detects it.
#[tokio::test(flavor = "multi_thread")]
async fn the_alert_names_the_last_undamaged_copy_and_the_command_that_continues_with_it() {
    let mut shop = shop().await;
    shop.receive_by_bridge(DANA, "B1", "hello").await;
    restart(&mut shop, |shop| {
        let published = open_copy(&shop.daemon.published_file());
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'media'";
        let root: u32 = published.query_row(sql, [], |row| row.get(0)).unwrap();
        let live = shop.daemon.folder().join("live/db.sqlite");
        let file = OpenOptions::new().write(true).open(&live).unwrap();
        file.write_all_at(&[0x55; 4096], u64::from(root - 1) * 4096).unwrap();
        forget_clean_stop(live.parent().unwrap());
    });
    let raised_alert = raised(&shop, "integrity").await;
    let file = shop.daemon.published_file();
    for language in ["he", "en"] {
        let detail = raised_alert["detail"][language].as_str().unwrap();
        assert!(detail.contains(&format!("`agentlocator restore {}`", file.display())), "{detail}");
    }
    shop.receive_by_bridge(DANA, "B2", "calls and messages continue").await;
    assert_eq!(integrity(&file), None);
    assert_eq!(shop.daemon.client().get("/readyz").await.json()["published_copy"], "error");

    // Runs the command that the alert recommends.
    restart(&mut shop, |shop| {
        let output = shop.daemon.cli(&["restore", file.to_str().unwrap(), "--yes"]);
        assert!(output.status.success(), "{output:?}");
    });
    assert_eq!(shop.talk(DANA).await.len(), 1);
    assert_eq!(shop.daemon.client().get("/readyz").await.json()["published_copy"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_has_much_to_read_says_so_before() {
    let mut shop = shop().await;
    restart(&mut shop, |shop| {
        std::fs::write(shop.daemon.published_file(), "no database").unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(shop.daemon.published_file()).unwrap();
        file.set_len(300 << 20).unwrap();
    });
    let events = shop.daemon.logs().events_named("STORE_VERIFY_STARTED");
    assert_eq!((events.len(), &events[0]["size_mb"]), (1, &json!(300)), "{events:?}");
    assert_eq!(shop.daemon.logs().events_named("STORE_FOREIGN_ARCHIVED").len(), 1);
}
