//! The copy that a standby keeps: `standby/db.sqlite` beside the database of this machine, of which it touches nothing.

use crate::clock;
use crate::config::StoreConfig;
use crate::domain::Timestamp;
use anyhow::{Context, bail};
use serde::Serialize;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The copy's folder.
#[derive(Clone, Debug)]
pub(in crate::cli) struct StandbyCopy {
    folder: PathBuf,
}

/// How far the copy is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Status {
    /// The number of the last change that it has, in hex; none where there is no copy yet.
    transaction: Option<String>,
    /// When that change came here.
    changed_at: Option<String>,
    /// Seconds since.
    age_s: Option<i64>,
    /// A process follows the replica.
    follows: bool,
}

impl StandbyCopy {
    pub(in crate::cli) fn of(store: &StoreConfig) -> Self {
        Self { folder: store.data_folder().join("standby") }
    }

    /// The database.
    pub(in crate::cli) fn database(&self) -> PathBuf {
        self.folder.join("db.sqlite")
    }

    /// Makes the folder, which only its owner may read.
    pub(super) fn prepare(&self) -> anyhow::Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.with_context(|| format!("cannot make the folder {}", self.folder.display()))
    }

    /// Held for as long as somebody writes to the copy.
    pub(in crate::cli) fn lock(&self) -> anyhow::Result<File> {
        let path = self.folder.join("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                bail!("another process keeps {} current; stop it first", self.database().display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }

    /// The number of the last change that has been applied as a whole; none where there is no copy.
    pub(in crate::cli) fn transaction(&self) -> Option<String> {
        let text = fs::read_to_string(self.position_file()).ok()?;
        Some(text.trim().to_owned()).filter(|number| !number.is_empty())
    }

    /// Litestream notes its position after each change, so a database that was written later is in the middle of one.
    pub(in crate::cli) fn is_whole(&self) -> bool {
        let written = |path: &Path| fs::metadata(path).map(|found| (found.mtime(), found.mtime_nsec()));
        match (written(&self.database()), written(&self.position_file())) {
            (Ok(database), Ok(position)) => database <= position,
            _ => false,
        }
    }

    pub(in crate::cli) fn status(&self) -> Status {
        let changed = fs::metadata(self.position_file()).ok();
        let changed =
            changed.map(|found| Timestamp::from_millis(found.mtime() * 1000 + found.mtime_nsec() / 1_000_000));
        Status {
            transaction: self.transaction(),
            changed_at: changed.map(|at| at.to_string()),
            age_s: changed.map(|at| i64::try_from(clock::now().since(at).as_secs()).unwrap_or(i64::MAX)),
            follows: File::open(self.folder.join("lock"))
                .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock))),
        }
    }

    /// The copy can no longer be brought up to date: it is kept until there is a new one.
    pub(super) fn begin_anew(&self) -> anyhow::Result<()> {
        let _ = fs::remove_file(self.position_file());
        let database = self.database();
        if database.exists() {
            fs::rename(&database, self.previous()).with_context(|| format!("cannot rename {}", database.display()))?;
        }
        Ok(())
    }

    /// There is a new copy.
    pub(super) fn forget_previous(&self) {
        let _ = fs::remove_file(self.previous());
    }

    fn previous(&self) -> PathBuf {
        self.folder.join("previous.sqlite")
    }

    /// Where Litestream notes how far it is.
    fn position_file(&self) -> PathBuf {
        self.folder.join("db.sqlite-txid")
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(transaction), Some(at), Some(age)) = (&self.transaction, &self.changed_at, self.age_s) else {
            return f.write_str("There is no copy of another machine here yet");
        };
        let follows = if self.follows { "" } else { "; nothing follows the replica now" };
        write!(f, "Current to transaction {transaction}, which came at {at}, {age} s ago{follows}")
    }
}
