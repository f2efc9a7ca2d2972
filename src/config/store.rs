//! `[store]`: the location of the data.

use super::parser::{boolean, database, integer, optional};
use super::setting::{Section, Setting};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoreConfig {
    /// The published file: `sqlite:///abs/path`, `sqlite://rel` or a path. The live database is in `live/` beside it.
    /// Environment variable: `DATABASE_URL`.
    pub database_url: Option<String>,
    /// Whether the published copy is maintained. Disable it only to measure its cost.
    pub publish: bool,
    /// Minimum time between two updates of the published copy under load, in milliseconds.
    pub publish_interval_ms: u64,
    pub readers: usize,
    /// Number of snapshots before migrations that are kept, and also the number of those before upgrades.
    pub keep_snapshots: usize,
    /// Whether Litestream replicates the live database, and therefore also controls its checkpoints.
    pub litestream: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            database_url: None,
            publish: true,
            publish_interval_ms: 5,
            readers: 4,
            keep_snapshots: 3,
            litestream: false,
        }
    }
}

impl StoreConfig {
    /// Returns the path of the published file, the copy of the database that other programs may read.
    pub fn published_file(&self) -> PathBuf {
        let url = self.database_url.as_deref().unwrap_or("data/agentlocator.db");
        PathBuf::from(url.strip_prefix("sqlite://").unwrap_or(url))
    }

    /// Returns the data folder, which contains the published file and `live/`.
    pub fn data_folder(&self) -> PathBuf {
        folder_of(&self.published_file()).to_owned()
    }

    pub fn live_file(&self) -> PathBuf {
        let published = self.published_file();
        let folder = published.parent().unwrap_or_else(|| Path::new(""));
        folder.join("live").join("db.sqlite")
    }
}

/// Returns the folder of a file; the current folder for a bare file name.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn settings() -> Vec<Setting<StoreConfig>> {
    let store = Section::<StoreConfig>::new();
    vec![
        store
            .setting("store.database_url", |c| &mut c.database_url, optional(database()))
            .env("DATABASE_URL")
            .requires_restart(),
        store.setting("store.publish", |c| &mut c.publish, boolean()).requires_restart(),
        store
            .setting("store.publish_interval_ms", |c| &mut c.publish_interval_ms, integer(0..=60_000))
            .requires_restart(),
        store.setting("store.readers", |c| &mut c.readers, integer(1..=64)).requires_restart(),
        store.setting("store.keep_snapshots", |c| &mut c.keep_snapshots, integer(1..=1000)).requires_restart(),
        store.setting("store.litestream", |c| &mut c.litestream, boolean()).requires_restart(),
    ]
}
