//! Writers that record which writes the store acknowledged, and a check of a copy against that record.

use super::open_copy;
use agentlocator::domain::{ActorId, Timestamp, TokenId};
use agentlocator::store::Store;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinSet;

/// The last acknowledged number of each client. The numbers are in a file, so that they survive a kill of the writing
/// process.
pub struct Acks {
    file: File,
    clients: usize,
}

impl Acks {
    pub fn open(path: &Path, clients: usize) -> Self {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        file.set_len(clients as u64 * 8).unwrap();
        Self { file, clients }
    }

    pub fn set(&self, client: usize, number: i64) {
        self.file.write_all_at(&number.to_le_bytes(), client as u64 * 8).unwrap();
    }

    pub fn all(&self) -> Vec<i64> {
        let mut bytes = vec![0; self.clients * 8];
        self.file.read_exact_at(&mut bytes, 0).unwrap();
        bytes.chunks_exact(8).map(|number| i64::from_le_bytes(number.try_into().unwrap())).collect()
    }
}

/// Clients that write numbered rows one after the other until `stop`.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    /// Starts the clients. Each client continues after its last number in the database.
    pub fn start(store: &Store, acks: &Arc<Acks>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for client in 0..acks.clients {
            let (store, acks, stop) = (store.clone(), acks.clone(), stop.clone());
            clients.spawn(async move {
                let name = name(client);
                let key = name.clone();
                let begun: Option<String> = store.read(move |tx| tx.meta(&key)).await.unwrap();
                let mut number: i64 = begun.map_or(0, |text| text.parse().unwrap());
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    write(&store, &name, number).await.unwrap();
                    acks.set(client, number);
                }
            });
        }
        Self { stop, clients }
    }

    /// Stops the clients and waits for them.
    pub async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(outcome) = self.clients.join_next().await {
            outcome.unwrap();
        }
    }
}

/// Writes the next number of a client in one transaction: into a ring of rows, into the row of the last number, and
/// sometimes into a table that grows.
pub async fn write(store: &Store, name: &str, number: i64) -> Result<(), agentlocator::store::Error> {
    let name = name.to_owned();
    store
        .write(move |tx| {
            if number % GROWS_EVERY == 0 {
                tx.insert_audit(ActorId::Agent, &number.to_string(), &name, Timestamp::from_millis(number))?;
            }
            tx.set_meta(&format!("{name}-{}", number % RING), &number.to_string())?;
            tx.set_meta(&name, &number.to_string())
        })
        .await
}

/// Returns a description of the first error in a copy; `None` if the copy is intact and has all acknowledged writes.
pub fn check_copy(copy: &Path, acknowledged: &[i64]) -> Option<String> {
    if let Some(found) = super::integrity(copy) {
        return Some(found);
    }
    let conn = open_copy(copy);
    let mut find = conn.prepare("SELECT value FROM meta WHERE key = ?1").unwrap();
    let mut number_of =
        |key: &str| find.query_row([key], |row| row.get(0)).map_or(0, |text: String| text.parse().unwrap());
    for (client, acknowledged) in acknowledged.iter().enumerate() {
        let name = name(client);
        let last: i64 = number_of(&name);
        if last < *acknowledged {
            return Some(format!("{name}: has {last}, but {acknowledged} was acknowledged"));
        }
        for number in (last - RING + 1).max(1)..=last {
            let found = number_of(&format!("{name}-{}", number % RING));
            if found != number {
                return Some(format!("{name}: {found} where {number} belongs, the last is {last}"));
            }
        }
        let grown: (i64, i64) = conn
            .query_row("SELECT count(*), count(DISTINCT action) FROM audit_log WHERE subject = ?1", [&name], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        if grown != (last / GROWS_EVERY, last / GROWS_EVERY) {
            return Some(format!("{name}: {grown:?} rows at {last}"));
        }
    }
    None
}

fn name(client: usize) -> String {
    format!("client-{client}")
}

const RING: i64 = 300;
const GROWS_EVERY: i64 = 20;
