//! The floor of the store: a writer thread that commits the rows of many producers in groups, each with a full sync to
//! the disk.

use crate::machine::Machine;
use crate::process::Folder;
use crate::stats::{Samples, Summary};
use crate::target::own_program;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A row, and the channel on which its commit is reported.
pub struct Row {
    pub sid: String,
    pub sender: String,
    pub body: String,
    pub done: oneshot::Sender<()>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct CommitFloor {
    pub producers: usize,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Returns the channel for the rows of the writer thread.
pub fn writer(folder: &Path) -> mpsc::Sender<Row> {
    let (rows, waiting) = mpsc::channel::<Row>();
    let file = folder.join("floor.sqlite");
    std::thread::spawn(move || {
        let mut database = rusqlite::Connection::open(file).expect("a database");
        database
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, sender TEXT NOT NULL,
                     body TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
                 CREATE INDEX IF NOT EXISTS idx_sender ON messages(sender, id);",
            )
            .expect("a schema");
        while let Ok(first) = waiting.recv() {
            let transaction = database.transaction().expect("a transaction");
            let mut committed = Vec::new();
            {
                let mut insert = transaction
                    .prepare_cached("INSERT OR IGNORE INTO messages(sid, sender, body, created_at) VALUES (?1, ?2, ?3, '2026-01-01T00:00:00.000Z')")
                    .expect("a statement");
                let mut next = Some(first);
                while let Some(row) = next {
                    insert.execute((&row.sid, &row.sender, &row.body)).expect("a row");
                    committed.push(row.done);
                    next = if committed.len() < MAX_BATCH { waiting.try_recv().ok() } else { None };
                }
            }
            transaction.commit().expect("a commit");
            for done in committed {
                let _ = done.send(());
            }
        }
    });
    rows
}

pub async fn run(producers: usize, seconds: u64, folder: &str) -> CommitFloor {
    let rows = writer(Path::new(folder));
    let samples = Rc::new(RefCell::new(Samples::default()));
    let (began, length) = (Instant::now(), Duration::from_secs(seconds));
    let local = tokio::task::LocalSet::new();
    for producer in 0..producers {
        let (rows, samples) = (rows.clone(), samples.clone());
        local.spawn_local(async move {
            for n in 0_u64.. {
                let (done, wait) = oneshot::channel();
                let row = Row {
                    sid: crate::webhooks::message_sid(producer as u64, n),
                    sender: format!("+97250{:07}", n % 1_000),
                    body: "שלום, אתם פתוחים היום?".into(),
                    done,
                };
                let at = Instant::now();
                if began.elapsed() > length || rows.send(row).is_err() || wait.await.is_err() {
                    return;
                }
                samples.borrow_mut().add(u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
        });
    }
    local.await;
    let seconds = began.elapsed().as_secs_f64();
    let Summary { count, p50, p99, .. } = samples.borrow_mut().summary();
    CommitFloor { producers, per_second: count as f64 / seconds, p50_ms: p50, p99_ms: p99 }
}

/// Measures the floor in a process that is scheduled like the server.
pub fn measure(machine: Machine, producers: usize, seconds: u64) -> CommitFloor {
    let folder = Folder::new("commit");
    let output = machine
        .server(&own_program())
        .args(["floor", "commit", &producers.to_string(), &seconds.to_string()])
        .arg(folder.path())
        .output()
        .expect("the floor runs");
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

const MAX_BATCH: usize = 1_024;
