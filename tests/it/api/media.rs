//! Large files of messages.

use crate::support::client::send;
use crate::support::daemon::LIMIT;
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const LENGTH: usize = 48 << 20;
const CLIENTS: usize = 3;
const PATH: &str = "/api/media/large";

async fn is_quick(api: &Client, path: &str) {
    let began = Instant::now();
    assert_eq!(api.get(path).await.status, 200, "{path}");
    // A request that waited for the clients would wait until they read, which is after all of these requests.
    assert!(began.elapsed() < Duration::from_secs(5), "{path} took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_for_slow_clients_takes_little_memory_and_delays_no_other_request() {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(&format!(
        "INSERT INTO media(sha256, mime, bytes, content, created_at)
            VALUES ('large', 'video/mp4', {LENGTH}, randomblob({LENGTH}), '2026-11-10T10:00:00.000Z')"
    ));
    daemon.launch();
    let api = daemon.api();
    let live = rusqlite::Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    let content: Vec<u8> = live.query_row("SELECT content FROM media", [], |row| row.get(0)).unwrap();
    drop(live);
    let part = send(api.request(Method::GET, PATH).header("range", "bytes=40000000-40299999")).await;
    assert_eq!(
        (part.status, part.header("content-range")),
        (206, format!("bytes 40000000-40299999/{LENGTH}").as_str())
    );
    assert!(part.body == content[40_000_000..40_300_000]);
    let before = daemon.memory_kb("VmRSS");

    // Each client reads a megabyte and then stops reading.
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut response = api.request(Method::GET, PATH).send().await.unwrap();
        assert_eq!(response.headers()["content-length"], LENGTH.to_string());
        let mut taken = Vec::new();
        while taken.len() < 1 << 20 {
            taken.extend_from_slice(&response.chunk().await.unwrap().unwrap());
        }
        clients.push((response, taken));
    }
    for _ in 0..10 {
        is_quick(&api, "/readyz").await;
        is_quick(&api, "/api/threads").await;
    }
    let grown = daemon.memory_kb("VmRSS").saturating_sub(before);
    assert!(grown < 16 << 10, "{CLIENTS} waiting clients use {grown} KB");
    // The daemon keeps no transaction open for a client that does not read. A transaction that is older than the newest
    // commit, that of the token, would prevent the checkpoint from copying the whole write-ahead log into the database,
    // and the checkpoint would report "busy".
    assert_eq!(api.post_json("/api/tokens", &json!({"name": "till"})).await.status, 201);
    let live = rusqlite::Connection::open(daemon.folder().join("live/db.sqlite")).unwrap();
    let busy: i64 = live.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| row.get(0)).unwrap();
    drop(live);
    assert_eq!(busy, 0);

    // Afterwards, every client reads the remaining bytes.
    let mut rest = JoinSet::new();
    for (mut response, mut taken) in clients {
        let content = content.clone();
        rest.spawn(async move {
            while let Some(chunk) = response.chunk().await.unwrap() {
                taken.extend_from_slice(&chunk);
                assert!(content.starts_with(&taken[..taken.len().min(1024)]));
            }
            assert!(taken == content, "a client got something else");
        });
    }
    let all = async {
        while let Some(outcome) = rest.join_next().await {
            outcome.unwrap();
        }
    };
    tokio::time::timeout(LIMIT, all).await.unwrap();
    let grown = daemon.memory_kb("VmHWM").saturating_sub(before);
    assert!(grown < 32 << 10, "serving {CLIENTS} clients took {grown} KB at most");
}
