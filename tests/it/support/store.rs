//! Fixtures for tests of the store, which runs in this process or in a child process.

mod child;
mod load;

pub use child::Child;
pub use load::{Acks, Load, check_copy, write};

use super::small_disk::SmallDisk;
use agentlocator::config::StoreConfig;
use agentlocator::store::{PublishState, Store};
use rusqlite::{Connection, OpenFlags, types::FromSql};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A temporary folder for a store, and the settings of that store.
pub struct StoreFixture {
    folder: TempDir,
    config: StoreConfig,
    copies: AtomicU64,
}

impl StoreFixture {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut StoreConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database_url = Some(folder.path().join("agentlocator.db").display().to_string());
        let mut config = StoreConfig { database_url, ..StoreConfig::default() };
        change(&mut config);
        Self { folder, config, copies: AtomicU64::new(0) }
    }

    /// Creates a fixture on a small disk.
    pub fn on(small: &SmallDisk) -> Self {
        let published = small.path().join("agentlocator.db");
        Self::with(|config| config.database_url = Some(published.display().to_string()))
    }

    /// Changes the state file as if the last run had been in another boot. An empty id means that the boot id is
    /// hidden.
    pub fn left_in_boot(&self, id: &str) {
        let state = self.live().with_file_name("state");
        let text = std::fs::read_to_string(&state).unwrap();
        let line = text.lines().find(|line| line.starts_with("boot ")).unwrap();
        std::fs::write(&state, text.replace(line, &format!("boot {id}"))).unwrap();
    }

    /// Changes the settings for the same folder.
    pub fn changed(mut self, change: impl FnOnce(&mut StoreConfig)) -> Self {
        change(&mut self.config);
        self
    }

    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn published(&self) -> PathBuf {
        self.config.published_file()
    }

    pub fn live(&self) -> PathBuf {
        self.config.live_file()
    }

    /// Returns an unused path for a copy.
    pub fn fresh_path(&self) -> PathBuf {
        self.folder().join(format!("copy-{}.db", self.copies.fetch_add(1, Ordering::Relaxed)))
    }

    /// Copies the published file with `cp`. Returns the copy.
    pub fn copy(&self) -> PathBuf {
        let copy = self.fresh_path();
        let done = std::process::Command::new("cp").arg(self.published()).arg(&copy).output().unwrap();
        assert!(done.status.success(), "cp: {}", String::from_utf8_lossy(&done.stderr));
        copy
    }

    /// Returns the value of a query on a new copy.
    pub fn copy_value<T: FromSql>(&self, sql: &str) -> T {
        open_copy(&self.copy()).query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Waits until the health state reports that the published file is current.
    pub async fn until_current(&self, store: &Store) {
        self.until(store, |state| *state == PublishState::Current).await;
    }

    /// Waits until the publish state meets the condition.
    pub async fn until(&self, store: &Store, so: impl Fn(&PublishState) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let state = store.health().publish;
            if so(&state) {
                return;
            }
            assert!(Instant::now() < deadline, "the state is still {state:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Opens a copy as an immutable file.
pub fn open_copy(copy: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{}?immutable=1", copy.display()), flags).unwrap()
}

/// Returns the color that a test has set, as stored in a copy.
pub fn color_in(copy: &Path) -> String {
    open_copy(copy).query_row("SELECT value FROM meta WHERE key = 'color'", [], |row| row.get(0)).unwrap()
}

/// Returns the integrity error of a copy; `None` if it is intact.
pub fn integrity(copy: &Path) -> Option<String> {
    let header = std::fs::read(copy).unwrap();
    if header.get(18..20) != Some(&[1, 1]) {
        return Some("its header says that a log belongs to it".into());
    }
    for suffix in ["-wal", "-journal", "-shm"] {
        if PathBuf::from(format!("{}{suffix}", copy.display())).exists() {
            return Some(format!("there is a {suffix} beside it"));
        }
    }
    let conn = open_copy(copy);
    let check: rusqlite::Result<String> = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    match check {
        Err(error) => return Some(error.to_string()),
        Ok(found) if found != "ok" => return Some(found),
        Ok(_) => {}
    }
    let orphans: Vec<String> = conn
        .prepare("PRAGMA foreign_key_check")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    (!orphans.is_empty()).then(|| format!("orphans in {orphans:?}"))
}
