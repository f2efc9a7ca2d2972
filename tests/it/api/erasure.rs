//! The deletion of a contact keeps the data of other contacts, deletes nothing if it is rejected, and is completed
//! after a kill.

use super::{change, column, with_data};
use crate::support::client::send;
use crate::support::whatsapp::{Shop, until};
use crate::support::{Client, Daemon};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &[u8] = b"%PDF-1.4 the only copy";

async fn upload(api: &Client) -> String {
    let request = api.request(Method::POST, "/api/media").header("content-type", "application/pdf");
    let reply = send(request.body(FILE)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn schedule(api: &Client, thread: i64, text: &str, media: Option<&str>) -> i64 {
    // Scheduled messages may be at most a year in the future.
    let send_at = (jiff::Timestamp::now() + jiff::Span::new().hours(24 * 200)).to_string();
    let body = json!({"thread_id": thread, "text": text, "media_id": media, "send_at": send_at});
    change(api, "POST", "/api/scheduled-messages", body, 201).await["id"].as_i64().unwrap()
}

async fn erase(api: &Client, contact: i64, confirm: &str, status: u16) -> Value {
    change(api, "POST", &format!("/api/contacts/{contact}/erase"), json!({"confirm": confirm}), status).await
}

#[tokio::test]
async fn a_file_that_another_contact_will_get_stays() {
    let (daemon, api) = with_data();
    let file = upload(&api).await;
    let path = format!("/api/media/{file}");
    schedule(&api, 1, "for Dana", Some(&file)).await;
    let other = schedule(&api, 3, "for Noa", Some(&file)).await;
    let done = erase(&api, 1, "דנה לוי", 200).await;
    assert_eq!((&done["deleted"]["scheduled_messages"], &done["deleted"]["media"]), (&json!(1), &Value::Null));
    let kept = api.get(&path).await;
    assert_eq!((kept.status, kept.body.as_slice()), (200, FILE));
    let audited = || {
        let subject = format!("SELECT count(*) FROM audit_log WHERE subject = 'media:{file}'");
        daemon.query_value::<i64>(&subject)
    };
    assert_eq!(audited(), 1);
    let left = api.get(&format!("/api/scheduled-messages/{other}")).await.json();
    assert_eq!((&left["state"], &left["media_id"]), (&json!("waiting"), &json!(file)));
    // The deletion of the last contact that uses the file deletes the file. Afterwards, the file can be uploaded again.
    let done = erase(&api, 2, "Noa", 200).await;
    assert_eq!(done["deleted"]["media"], 1);
    assert_eq!(api.get(&path).await.status, 404);
    assert_eq!(audited(), 0, "the audit log does not name the file");
    assert_eq!(upload(&api).await, file);
    assert_eq!(api.get(&path).await.body.as_slice(), FILE);
}

#[tokio::test]
async fn finished_jobs_about_calls_of_an_erased_contact_are_deleted() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(
        "INSERT INTO jobs(kind, unique_key, payload, state, run_at, created_at, updated_at)
         SELECT 'review_call', sid, json_object('call_sid', sid), 'done', now, now, now
         FROM (SELECT call_sid AS sid FROM calls UNION SELECT 'CA-of-another'),
             (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AS now)",
    );
    daemon.launch();
    let api = daemon.api();
    let jobs = || daemon.query_column::<String>("SELECT unique_key FROM jobs WHERE kind = 'review_call' ORDER BY 1");
    assert_eq!(jobs(), ["CA-of-another", "CA1", "CA2"]);
    erase(&api, 1, "דנה לוי", 200).await;
    assert_eq!(jobs(), ["CA-of-another"]);
}

/// Ids are not reused, because a bookmark or a log line with the id must not refer to another contact.
#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_an_erased_contact_is_not_given_to_another() {
    let (mut daemon, api) = with_data();
    let create = async |name: &str, number: &str| {
        let new = json!({"display_name": name, "number": number});
        change(&api, "POST", "/api/contacts", new, 201).await["id"].as_i64().unwrap()
    };
    // The contact's conversation and appointment, whose ids are in links as well.
    let service = json!({"name": "תספורת", "duration_min": 30});
    let service = change(&api, "POST", "/api/services", service, 201).await["id"].clone();
    let others = async |contact: i64| {
        let thread = change(&api, "POST", "/api/threads", json!({"contact_id": contact}), 200).await;
        let at = format!("{}T10:00:00Z", crate::booking::monday(2));
        let new = json!({"contact_id": contact, "service_id": service, "starts_at": at, "force": true});
        let appointment = change(&api, "POST", "/api/appointments", new, 201).await;
        (thread["id"].as_i64().unwrap(), appointment["id"].as_i64().unwrap())
    };
    let (last, number) = (create("Gal", "+972521110001").await, "+972521110002");
    let of_last = others(last).await;
    erase(&api, last, "Gal", 200).await;
    let next = create("Roni", number).await;
    assert_eq!(next, last + 1);
    assert_eq!(others(next).await, (of_last.0 + 1, of_last.1 + 1));
    assert_eq!(api.get(&format!("/api/contacts/{last}")).await.status, 404);
    // The stored highest id never decreases, whichever contact is deleted later, and it survives a restart.
    erase(&api, next, "Roni", 200).await;
    erase(&api, 2, "Noa", 200).await;
    tokio::task::block_in_place(|| daemon.restart());
    assert_eq!(create("Roni", number).await, next + 1);
}

/// Earlier versions emptied files that other contacts also used. An upload of such a file must store its content again.
#[tokio::test]
async fn an_emptied_file_is_stored_again_when_it_is_uploaded() {
    let mut daemon = Daemon::prepare(|_| {});
    let hash = agentlocator::domain::hex(&Sha256::digest(FILE));
    daemon.seed(&format!(
        "INSERT INTO media(sha256, mime, bytes, content, created_at)
         VALUES ('{hash}', 'application/pdf', {}, x'', '2026-11-01T08:00:00.000Z')",
        FILE.len()
    ));
    daemon.launch();
    let api = daemon.api();
    assert_eq!(upload(&api).await, hash);
    assert_eq!(api.get(&format!("/api/media/{hash}")).await.body.as_slice(), FILE);
}

/// The deletion must be rejected, because a call starts between the first check and the deletion.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_erasure_deletes_nothing() {
    let (daemon, api) = with_data();
    let file = upload(&api).await;
    let scheduled = schedule(&api, 1, "for Dana", Some(&file)).await;
    let mut live = Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    live.busy_timeout(Duration::from_secs(10)).unwrap();
    let held = live.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    held.execute("UPDATE calls SET state = 'live', ended_at = NULL WHERE id = 1", []).unwrap();
    let asked = tokio::spawn({
        let api = api.clone();
        async move { erase(&api, 1, "דנה לוי", 409).await }
    });
    // Gives the request time to pass the first check and to wait for the test's transaction. A slower request fails at
    // the first check, which also passes the test.
    tokio::time::sleep(Duration::from_secs(2)).await;
    held.commit().unwrap();
    assert_eq!(asked.await.unwrap()["error"]["code"], "conflict");
    assert_eq!(api.get(&format!("/api/media/{file}")).await.body.as_slice(), FILE);
    assert_eq!(in_live(&daemon, "SELECT count(*) FROM recording_chunks"), 2);
    assert_eq!(api.get(&format!("/api/scheduled-messages/{scheduled}")).await.json()["state"], "waiting");
}

/// Reads a number from the live database. If the database is large, a read of the published file would wait for a copy.
fn in_live(daemon: &Daemon, sql: &str) -> i64 {
    let live = Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    live.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_a_kill_cut_off_is_completed() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    daemon.seed(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO recording_chunks SELECT 1, i, CAST(replace(hex(zeroblob(6000)), '00', 'klmnopqrstuvwxyz') AS BLOB) FROM n;",
    );
    daemon.launch();
    let api = daemon.api();
    let asked = tokio::spawn(async move {
        let request = api.request(Method::POST, "/api/contacts/1/erase").json(&json!({"confirm": "דנה לוי"}));
        drop(request.send().await);
    });
    let decided = "SELECT count(*) FROM addresses WHERE contact_id = 1";
    until("decision", async || (in_live(&daemon, decided) == 0).then_some(())).await;
    daemon.kill9();
    asked.await.unwrap();
    daemon.relaunch();
    let left = "SELECT (SELECT count(*) FROM recording_chunks) + (SELECT count(*) FROM contacts WHERE id = 1)
                    + (SELECT count(*) FROM calls) + (SELECT count(*) FROM jobs WHERE kind = 'erase_contact')";
    until("completed erasure", async || (in_live(&daemon, left) == 0).then_some(())).await;
    let logged = in_live(&daemon, "SELECT count(*) FROM audit_log WHERE action = 'contact_erased'");
    assert_eq!(logged, 1, "the decision is in the audit log");
}

#[tokio::test]
async fn a_task_names_the_thread_and_the_call_of_its_own_contact_only() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("data.sql"));
    // Tasks that an earlier version stored: one has the thread and the call of another contact, and one has no contact.
    daemon.seed(
        "INSERT INTO tasks(id, business_id, title, contact_id, thread_id, call_id, source, created_by, created_at, updated_at) VALUES
            (90, 1, 'of Noa', 2, 1, 1, 'user', 'agent', '2026-11-11T00:00:00.000Z', '2026-11-11T00:00:00.000Z'),
            (91, 1, 'of Dana', NULL, 1, NULL, 'user', 'agent', '2026-11-11T00:00:00.000Z', '2026-11-11T00:00:00.000Z')",
    );
    daemon.launch();
    let api = daemon.api();
    for (body, field) in [
        (json!({"title": "x", "contact_id": 2, "thread_id": 1}), "thread_id"),
        (json!({"title": "x", "contact_id": 2, "call_id": 1}), "call_id"),
        (json!({"title": "x", "thread_id": 3, "call_id": 1}), "call_id"),
    ] {
        let refused = change(&api, "POST", "/api/tasks", body, 400).await;
        assert_eq!(refused["error"]["field"], field);
    }
    let own = json!({"title": "own", "contact_id": 1, "thread_id": 2, "call_id": 1});
    let id = change(&api, "POST", "/api/tasks", own, 201).await["id"].clone();
    let refused = change(&api, "PATCH", &format!("/api/tasks/{id}"), json!({"contact_id": 2}), 400).await;
    assert_eq!(refused["error"]["field"], "thread_id");
    change(&api, "PATCH", "/api/tasks/90", json!({"title": "still of Noa"}), 200).await;

    let done = erase(&api, 1, "דנה לוי", 200).await;
    assert_eq!(done["deleted"]["tasks"], 2);
    let left = api.get("/api/tasks/90").await.json();
    let expected = json!(["still of Noa", 2, null, null]);
    assert_eq!(json!([left["title"], left["contact_id"], left["thread_id"], left["call_id"]]), expected);
}

/// Returns the files of the data folder, without the copies that tests create.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_copy = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with("copy-");
    entries
        .filter(|path| !is_copy(path))
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}

fn files_with(folder: &Path, words: &[&str]) -> Vec<(PathBuf, String)> {
    let of = |file: PathBuf| words_in(&file, words).into_iter().map(move |word| (file.clone(), word.to_owned()));
    files(folder).into_iter().flat_map(of).collect()
}

fn words_in<'a>(file: &Path, words: &[&'a str]) -> Vec<&'a str> {
    let content = std::fs::read(file).unwrap_or_default();
    let has = |word: &&&str| content.windows(word.len()).any(|part| part == word.as_bytes());
    words.iter().filter(has).copied().collect()
}

#[tokio::test]
async fn no_data_of_an_erased_contact_is_in_any_file() {
    let (daemon, api) = with_data();
    change(&api, "PATCH", "/api/contacts/1", json!({"display_name": "UNIQNAME"}), 200).await;
    change(&api, "POST", "/api/contacts/1/notes", json!({"text": "UNIQNOTE"}), 201).await;
    change(&api, "POST", "/api/tasks", json!({"title": "UNIQTASK", "contact_id": 1}), 201).await;
    change(&api, "PUT", "/api/threads/1/draft", json!({"text": "UNIQDRAFT"}), 200).await;
    schedule(&api, 1, "UNIQSCHEDULED", None).await;
    let words = ["UNIQNAME", "UNIQNOTE", "UNIQTASK", "UNIQDRAFT", "UNIQSCHEDULED", "972501234567", "klmnopqrstuvwxyz"];
    let log = daemon.folder().join("live/db.sqlite-wal");
    let (published, spare) = (daemon.folder().join("agentlocator.db"), daemon.folder().join("live/spare-1.db"));
    let has_words = |file: &Path| words_in(file, &words) == words;
    until("the published file has the data", async || has_words(&published).then_some(())).await;
    // While a program has the published file open, the daemon publishes into a spare file and exchanges the two.
    let held = std::fs::File::open(&published).unwrap();
    change(&api, "POST", "/api/contacts/1/notes", json!({"text": "UNIQNOTE again"}), 201).await;
    until("a spare file with the data", async || has_words(&spare).then_some(())).await;
    drop(held);
    let before = files_with(daemon.folder(), &words);
    assert!([&log, &spare].iter().all(|file| before.iter().any(|(found, _)| found == *file)), "{before:?}");
    let done = erase(&api, 1, "UNIQNAME", 200).await;
    assert_eq!(done["overwritten"], true);
    let left = files_with(daemon.folder(), &words);
    assert!(left.is_empty(), "{left:?}");
    // The daemon continues to work with the truncated write-ahead log.
    change(&api, "POST", "/api/contacts/2/notes", json!({"text": "after"}), 201).await;
    assert_eq!(daemon.query_column::<String>("SELECT text FROM contact_notes"), ["after"]);
}

#[tokio::test]
async fn content_that_was_deleted_before_the_erasure_is_in_no_file() {
    let mut daemon = Daemon::prepare(|setup| _ = setup.toml("[retention]\nmedia_days = 30\n"));
    daemon.seed(include_str!("data.sql"));
    // The deleted webhook leaves its content on free pages, as an earlier version did.
    daemon.seed(
        "INSERT INTO messages(id, thread_id, direction, message_type, status, created_at) VALUES
             (99, 1, 'in', 'media', 'received', '2020-01-01T00:00:00.000Z');
         INSERT INTO media(sha256, mime, bytes, content, created_at) VALUES ('aa', 'application/pdf', 800000,
             CAST(replace(hex(zeroblob(50000)), '00', 'UNIQPRUNED_FILE_') AS BLOB), '2020-01-01T00:00:00.000Z');
         INSERT INTO message_media(message_id, position, source_url, sha256, state) VALUES (99, 0, 'http://x', 'aa', 'stored');
         PRAGMA secure_delete = FAST;
         INSERT INTO webhook_journal(received_at, source, path, body, outcome) VALUES ('2026-11-10T00:00:00.000Z', 'x', '/',
             CAST(replace(hex(zeroblob(100000)), '00', 'UNIQFREE_PAGES__') AS BLOB), 'malformed');
         DELETE FROM webhook_journal WHERE source = 'x';",
    );
    daemon.launch();
    let api = daemon.api();
    let scheduled = schedule(&api, 1, &"UNIQREPLACED ".repeat(300), None).await;
    let words = ["UNIQPRUNED", "UNIQFREE", "UNIQREPLACED"];
    let (published, live) = (daemon.folder().join("agentlocator.db"), daemon.folder().join("live/db.sqlite"));
    assert_eq!(words_in(&live, &words[1..2]), ["UNIQFREE"]);
    let used = ["UNIQPRUNED", "UNIQREPLACED"];
    until("the published file has the data", async || (words_in(&published, &used) == used).then_some(())).await;
    change(&api, "PATCH", &format!("/api/scheduled-messages/{scheduled}"), json!({"text": "short"}), 200).await;
    let output = daemon.cli(&["retention", "--force"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left: i64 = daemon.query_value("SELECT length(content) FROM media");
    assert_eq!(left, 0, "the file is pruned");
    let done = erase(&api, 1, "דנה לוי", 200).await;
    assert_eq!(done["overwritten"], true);
    let left = files_with(daemon.folder(), &words);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(in_live(&daemon, "SELECT count(*) FROM jobs WHERE kind = 'erase_contact'"), 0);
    let broken: Vec<String> = daemon.query_column("SELECT integrity_check FROM pragma_integrity_check");
    assert_eq!(broken, ["ok"]);
}

#[tokio::test]
async fn while_another_program_reads_the_database_the_answer_says_so() {
    let (daemon, api) = with_data();
    let live = Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    live.execute_batch("BEGIN; SELECT count(*) FROM contacts;").unwrap();
    let done = erase(&api, 1, "דנה לוי", 200).await;
    assert_eq!(done["overwritten"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bridge_deletes_what_it_has_of_the_contact() {
    let shop = Shop::open().await;
    for (from, id) in [("972501234567", "A1"), ("972541111111", "B1")] {
        shop.receive_by_bridge(from, id, "hello").await;
    }
    let found = async |digits: &str| {
        let list = shop.api.get(&format!("/api/contacts?q={digits}")).await.json();
        list["items"][0]["id"].as_i64().unwrap()
    };
    let (dana, noa) = (found("0501234567").await, found("0541111111").await);
    let done = erase(&shop.api, dana, "+972501234567", 200).await;
    assert_eq!((&done["bridge_pending"], shop.bridge.forgotten()), (&json!(false), vec![json!(["972501234567"])]));
    // If the bridge is down, the daemon retries the request until the bridge is up.
    shop.bridge.down(true);
    let done = erase(&shop.api, noa, "+972541111111", 200).await;
    assert_eq!(done["bridge_pending"], true);
    shop.bridge.down(false);
    until("the repeated request", async || (shop.bridge.forgotten().len() == 2).then_some(())).await;
    assert_eq!(shop.bridge.forgotten()[1], json!(["972541111111"]));
    let jobs = "SELECT count(*) FROM jobs WHERE kind LIKE 'erase%'";
    until("no job is left", async || (in_live(&shop.daemon, jobs) == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_webhook_of_an_erased_contact_stores_nothing() {
    let shop = Shop::open().await;
    let (sid, call) = ("SM00000000000000000000000000000001", "CA00000000000000000000000000000001");
    let everything = async || {
        shop.receive_by_twilio("whatsapp:+972501234567", sid, "hello").await;
        shop.receive_by_bridge("972501234567", "A1", "hello").await;
        let call = [("CallSid", call), ("From", "+972501234567"), ("To", "+97235551234")];
        assert_eq!(shop.twilio_posts("/webhook/incoming_call", &call).await.status, 200);
        assert_eq!(shop.twilio_posts("/webhook/handle_recording", &call).await.status, 200);
    };
    everything().await;
    let over = [("CallSid", call), ("CallStatus", "completed"), ("From", "+972501234567"), ("To", "+97235551234")];
    assert_eq!(shop.twilio_posts("/webhook/call_status", &over).await.status, 204);
    until("the end of the call", async || (shop.count("calls WHERE state = 'ended'") == 1).then_some(())).await;
    let counts = || ["contacts", "messages", "calls"].map(|table| shop.count(table));
    assert_eq!(counts(), [1, 2, 1]);
    erase(&shop.api, 1, "+972501234567", 200).await;
    everything().await;
    assert_eq!(counts(), [0, 0, 0]);
    let number = "webhook_journal WHERE cast(body AS TEXT) LIKE '%501234567%'";
    assert_eq!(shop.count(number), 0);
    // The contact can come back with something new.
    shop.receive_by_bridge("972501234567", "A2", "hello again").await;
    assert_eq!(counts(), [1, 1, 0]);
}

#[tokio::test]
async fn the_export_has_no_drafts() {
    let (daemon, api) = with_data();
    change(&api, "PUT", "/api/threads/1/draft", json!({"text": "not decided yet"}), 200).await;
    let gal = daemon.logged_in("gal", "staff").await;
    let reply = gal.get("/api/contacts/1/export").await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(reply.body)).unwrap();
    let data: Value = serde_json::from_reader(archive.by_name("data.json").unwrap()).unwrap();
    assert_eq!((&data["drafts"], column(&data["contacts"], "id")), (&Value::Null, vec![json!(1)]));
}
