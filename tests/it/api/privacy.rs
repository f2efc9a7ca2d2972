//! The export and the deletion of the data that is stored about a contact.

use super::{change, column, with_data};
use crate::support::{Client, Daemon};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

/// Additional rows about contact 1 in many tables, and rows about another contact. Only the data of contact 1 contains
/// "secret".
// The seed overwrites deleted data, as the daemon does, so that the file keeps no remnants of earlier rows.
const MORE: &str = "
    PRAGMA secure_delete = ON;
    UPDATE contacts SET display_name = 'secret-name', name_source = 'owner' WHERE id = 1;
    UPDATE messages SET content_text = 'secret-message', extra = '{\"a\":\"secret-extra\"}' WHERE thread_id = 1;
    INSERT INTO contacts(id, business_id, display_name, merged_into, created_at, updated_at) VALUES (9, 1, 'secret-merged', 1, '', '');
    INSERT INTO contact_merges(business_id, kept_contact_id, merged_contact_id, moved, actor, merged_at) VALUES
        (1, 1, 9, '{\"name\":\"secret-moved\"}', 'user:1', '2026-11-11T00:00:00.000Z');
    INSERT INTO merge_suggestions(business_id, first_contact, second_contact, reason, address, created_at) VALUES
        (1, 1, 2, 'number_moved', 'secret-address', '');
    INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES
        ('aa', 'image/jpeg', 12, CAST('secret-photo' AS BLOB), ''), ('bb', 'text/plain', 11, CAST('shared-file' AS BLOB), '');
    INSERT INTO message_media(message_id, position, source_url, file_name, sha256, state) VALUES
        (1, 0, 'http://x/secret-url', 'secret-file.jpg', 'aa', 'stored'), (3, 0, 'http://x', NULL, 'bb', 'stored'),
        (5, 0, 'http://y', NULL, 'bb', 'stored');
    INSERT INTO message_events(message_id, kind, value, at) VALUES (1, 'edit', 'secret-edit', ''), (5, 'edit', 'kept-edit', '');
    INSERT INTO refused_attempts VALUES ('twilio', 'secret-sid', 2, '1', 'secret-refusal', '');
    INSERT INTO outbox(message_id, contact_id, recipient, send_key, requested, provider, state, next_attempt_at, created_at, updated_at) VALUES
        (2, 1, '+972501234567', 'secret-key', 'auto', 'baileys', 'done', '', '', '');
    INSERT INTO webhook_journal(received_at, source, path, body, outcome, message_id, call_id) VALUES
        ('', 'baileys', '/', CAST('secret-webhook' AS BLOB), 'stored', 1, NULL), ('', 'twilio', '/', CAST('secret-hook-2' AS BLOB), 'stored', NULL, 1),
        ('', 'twilio', '/', CAST('From=whatsapp%3A%2B972501234567&Body=secret-status' AS BLOB), 'ignored', NULL, NULL),
        ('', 'twilio', '/', CAST('From=whatsapp%3A%2B972541111111&Body=kept-webhook' AS BLOB), 'stored', 5, NULL);
    INSERT INTO jobs(kind, unique_key, payload, state, run_at, created_at, updated_at) VALUES
        ('whatsapp.media', 'a', '{\"message\":1,\"position\":0}', 'done', '', '', ''), ('compress_recording', 'b', '{\"recording_id\":1}', 'done', '', '', ''),
        ('whatsapp.media', 'c', '{\"message\":5,\"position\":0}', 'done', '', '', '');
    INSERT INTO early_message_updates(provider, provider_msg_id, content, received_at) VALUES
        ('baileys', 'x', '{\"peer\":[{\"Phone\":\"+972501234567\"}],\"change\":\"secret-early\"}', ''), ('baileys', 'y', '{\"peer\":\"kept-early\"}', '');
    INSERT INTO idempotency_keys VALUES (1, 'secret-idempotency', '', '{\"message_id\":2}', ''), (1, 'kept-key', '', '{\"message_id\":5}', ''),
        (1, 'secret-task-key', '', '{\"task_id\":1}', ''), (1, 'kept-task-key', '', '{\"task_id\":2}', '');
    INSERT INTO audit_log(at, actor, action, subject, detail) VALUES ('2026-11-11T00:00:00.000Z', 'user:1', 'x', 'contact:1', '{\"a\":\"secret-detail\"}'),
        ('2026-11-11T00:00:00.000Z', 'user:1', 'x', 'contact:2', NULL), ('2026-11-11T00:00:00.000Z', 'user:1', 'x', '+972501234567', NULL);
    UPDATE call_turns SET text = 'secret-turn', heard_text = 'secret-turn' WHERE call_id = 1;
    UPDATE calls SET summary = 'secret-summary' WHERE id = 1;
    INSERT INTO call_events(call_id, kind, detail, at) VALUES (1, 'x', '{\"a\":\"secret-event\"}', '');
    INSERT INTO contact_notes(business_id, contact_id, text, author, created_at, updated_at) VALUES (1, 1, 'secret-note', 'agent', '', ''), (1, 2, 'kept-note', 'agent', '', '');
    INSERT INTO tags(id, business_id, name, created_at) VALUES (1, 1, 'VIP', '');
    INSERT INTO contact_tags VALUES (1, 1, ''), (2, 1, '');
    INSERT INTO custom_fields(id, business_id, name, kind, created_at) VALUES (1, 1, 'Car', 'text', '');
    INSERT INTO contact_fields VALUES (1, 1, 'secret-car', '');
    INSERT INTO tasks(business_id, title, contact_id, source, created_by, created_at, updated_at) VALUES
        (1, 'secret-task', 1, 'user', 'agent', '2026-11-11T00:00:00.000Z', '2026-11-11T00:00:00.000Z'),
        (1, 'kept-task', 2, 'user', 'agent', '2026-11-11T00:00:00.000Z', '2026-11-11T00:00:00.000Z');
    INSERT INTO leads(business_id, contact_id, title, stage_id, created_by, created_at, updated_at) VALUES
        (1, 1, 'secret-lead', 1, 'agent', '2026-11-11T00:00:00.000Z', '2026-11-11T00:00:00.000Z');";

fn with_more() -> (Daemon, Client) {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(MORE);
    daemon.launch();
    let api = daemon.api();
    (daemon, api)
}

/// Returns how often the words about contact 1 occur in the published file, which users copy.
fn secrets(daemon: &Daemon) -> usize {
    let file = daemon.published_content();
    ["secret-".as_bytes(), b"972501234567", "klmnopqrstuvwxyz".as_bytes()]
        .iter()
        .map(|word| file.windows(word.len()).filter(|part| part == word).count())
        .sum()
}

#[tokio::test]
async fn the_export_has_everything_about_the_contact_and_nothing_about_others() {
    let (daemon, api) = with_more();
    let reply = api.get("/api/contacts/9/export").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/zip"), "{}", reply.text());
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"contact-1.zip\"");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(reply.body)).unwrap();
    let modified = archive.by_name("data.json").unwrap().last_modified().unwrap();
    assert!(modified.year() >= 2025, "the files have the time of the export: {modified}");
    let mut text = |name: &str| {
        let mut content = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut content).unwrap();
        content
    };
    assert_eq!((text("media/aa.jpg").as_str(), text("media/bb.txt").as_str()), ("secret-photo", "shared-file"));
    assert_eq!(text("recordings/call-1-1.wav"), "abcdefghijklmnopqrstuvwxyz");
    let data = text("data.json");
    assert!(!data.contains("kept-") && !data.contains("Noa"), "{data}");
    let data: Value = serde_json::from_str(&data).unwrap();
    for (table, field, expected) in [
        ("contacts", "display_name", json!(["secret-name", "secret-merged"])),
        ("addresses", "value", json!(["+972501234567"])),
        ("messages", "content_text", json!(vec!["secret-message"; 4])),
        ("message_events", "value", json!(["secret-edit"])),
        ("call_turns", "text", json!(vec!["secret-turn"; 2])),
        ("contact_notes", "text", json!(["secret-note"])),
        ("contact_fields", "value", json!(["secret-car"])),
        ("contact_fields", "field", json!(["Car"])),
        ("contact_tags", "tag", json!(["VIP"])),
        ("leads", "stage", json!(["new"])),
        ("tasks", "title", json!(["secret-task"])),
        ("leads", "title", json!(["secret-lead"])),
    ] {
        assert_eq!(json!(column(&data[table], field)), expected, "{table}");
    }
    let rows = daemon.query_column::<String>("SELECT subject FROM audit_log WHERE action = 'contact_exported'");
    assert_eq!(rows, ["contact:1"]);
    assert_eq!(api.get("/api/contacts/99/export").await.status, 404);
}

#[tokio::test]
async fn an_erased_contact_is_in_no_table_and_in_no_unused_page() {
    let (daemon, api) = with_more();
    assert!(secrets(&daemon) > 25, "the words are in the file before");
    let before = daemon.query_value::<i64>("SELECT count(*) FROM audit_log");
    for wrong in ["", "secret", "1", "+972541111111"] {
        let refused = change(&api, "POST", "/api/contacts/1/erase", json!({"confirm": wrong}), 400).await;
        assert_eq!(refused["error"]["field"], "confirm", "{wrong}");
    }
    let gal = daemon.logged_in("gal", "staff").await;
    change(&gal, "POST", "/api/contacts/1/erase", json!({"confirm": "secret-name"}), 403).await;

    let mut done = change(&api, "POST", "/api/contacts/1/erase", json!({"confirm": "+972 50-123-4567"}), 200).await;
    // The search index and the compression of older recordings run in the background, so their counts vary.
    assert!(done["deleted"]["jobs"].as_i64().unwrap() >= 2);
    done["deleted"].as_object_mut().unwrap().retain(|table, _| !table.starts_with("search_") && table != "jobs");
    let expected = json!({
        "addresses": 1, "audit_log": 2, "call_events": 1, "call_turns": 2, "calls": 2, "contact_fields": 1, "contact_merges": 1,
        "contact_notes": 1, "contact_tags": 1, "contacts": 2, "early_message_updates": 1, "idempotency_keys": 2, "leads": 1,
        "media": 1, "merge_suggestions": 1, "message_events": 1, "message_media": 2, "messages": 4, "outbox": 1, "recording_chunks": 2,
        "recordings": 1, "refused_attempts": 1, "tasks": 1, "threads": 2, "webhook_journal": 3,
    });
    let answer = json!({"deleted": expected, "overwritten": true, "bridge_pending": false, "snapshots": [],
        "in_bucket": false, "in_replica": false});
    assert_eq!(done, answer);
    assert_eq!(secrets(&daemon), 0, "the file has what was deleted");

    assert_eq!(api.get("/api/contacts/1").await.status, 404);
    change(&api, "POST", "/api/contacts/1/erase", json!({"confirm": "secret-name"}), 404).await;
    for (sql, left) in [
        ("SELECT content_text FROM messages", vec!["Delivery on Monday?"]),
        ("SELECT text FROM contact_notes", vec!["kept-note"]),
        ("SELECT CAST(content AS TEXT) FROM media", vec!["shared-file"]),
        ("SELECT substr(CAST(body AS TEXT), -12) FROM webhook_journal", vec!["kept-webhook"]),
        ("SELECT key FROM idempotency_keys", vec!["kept-key", "kept-task-key"]),
        ("SELECT title FROM tasks", vec!["kept-task"]),
        ("SELECT unique_key FROM jobs WHERE kind = 'whatsapp.media'", vec!["c"]),
    ] {
        assert_eq!(daemon.query_column::<String>(sql), left, "{sql}");
    }
    let rows = daemon.query_column::<String>("SELECT action || ' ' || subject FROM audit_log ORDER BY id DESC LIMIT 1");
    assert_eq!(rows, ["contact_erased contact:1"]);
    assert!(daemon.query_value::<i64>("SELECT count(*) FROM audit_log") > before, "no row of the log is deleted");
    let broken: Vec<String> = daemon.query_column("SELECT \"table\" FROM pragma_foreign_key_check");
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test]
async fn large_recordings_are_erased_and_the_snapshots_that_remain_are_named() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    // Sets `secure_delete` as the daemon does. Without this setting, pages keep parts of rows that SQLite moved to
    // other pages.
    daemon.seed(
        "PRAGMA secure_delete = FAST;
         WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
         INSERT INTO recording_chunks SELECT 1, i, CAST(replace(hex(zeroblob(20000)), '00', 'klmnopqrstuvwxyz') AS BLOB) FROM n;",
    );
    daemon.launch();
    let api = daemon.api();
    assert!(daemon.cli(&["snapshots", "create"]).status.success());
    let snapshot = api.get("/api/backups").await.json()["snapshots"][0]["name"].clone();
    let done = change(&api, "POST", "/api/contacts/1/erase", json!({"confirm": "דנה לוי"}), 200).await;
    assert_eq!(done["deleted"]["recording_chunks"], 61);
    assert_eq!(column(&done["snapshots"], "name"), [snapshot]);
    assert_eq!(done["snapshots"][0]["until"], json!(null), "a manual snapshot has no fixed end");
    assert_eq!(secrets(&daemon), 0, "pages that are not used any more are overwritten");
}

#[tokio::test]
async fn an_erasure_names_the_databases_that_a_restore_has_archived() {
    let (mut daemon, api) = with_data();
    let copy = daemon.folder().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert!(daemon.cli(&["backup", copy]).status.success());
    assert!(daemon.stop().success());
    let restored = daemon.cli(&["restore", "--yes", "--json", copy]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let restored: Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(restored["erased_contacts"], Value::Null);
    let kept = Path::new(restored["kept"]["database"].as_str().unwrap());
    daemon.launch();
    let done = change(&api, "POST", "/api/contacts/1/erase", json!({"confirm": "דנה לוי"}), 200).await;
    let kept = kept.file_name().unwrap().to_str().unwrap();
    assert!(kept.starts_with("agentlocator-before-restore-"), "{kept}");
    assert_eq!(done["snapshots"], json!([{"name": kept, "until": null}]));

    daemon.stop();
    let restored = daemon.cli(&["restore", "--yes", "--json", copy]);
    let printed = String::from_utf8_lossy(&restored.stderr);
    assert!(printed.contains("contacts that have been erased since: 1. After the restore, erase them"), "{printed}");
    let restored: Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(restored["erased_contacts"], json!([1]));
}

#[tokio::test]
async fn an_erasure_names_the_bucket_and_the_replica_that_are_configured() {
    let mut daemon = Daemon::prepare(|setup| {
        setup
            .toml(
                "[store]\nlitestream = true\n[backup]\nstart_delay_s = 86400\ns3_endpoint = \"http://127.0.0.1:9\"\n\
                 s3_bucket = \"shop\"\n",
            )
            .env("BACKUP_S3_ACCESS_KEY_ID", "key-id")
            .env("BACKUP_S3_SECRET_ACCESS_KEY", "a-secret-access-key");
    });
    daemon.seed(include_str!("data.sql"));
    daemon.launch();
    let done = change(&daemon.api(), "POST", "/api/contacts/1/erase", json!({"confirm": "דנה לוי"}), 200).await;
    assert_eq!((&done["in_bucket"], &done["in_replica"]), (&json!(true), &json!(true)));
}
