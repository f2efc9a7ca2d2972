//! The copy of another machine's database that a standby maintains: `standby/db.sqlite`, beside this machine's own
//! database.

use crate::clock;
use crate::config::{StoreConfig, folder_of};
use crate::domain::Timestamp;
use crate::secure_open;
use anyhow::{Context, bail};
use rustix::fs::OFlags;
use serde::Serialize;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(in crate::cli) struct StandbyCopy {
    folder: PathBuf,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Status {
    /// The number of the last applied change, in hex; `None` if there is no copy yet.
    transaction: Option<String>,
    /// The time at which this change arrived on this machine, or was applied again after a rewind.
    changed_at: Option<Timestamp>,
    age_s: Option<i64>,
    /// True if a process currently applies the replica's changes.
    follows: bool,
    /// The last error while following the replica; reset to `None` when a change is applied.
    failure: Option<String>,
}

impl Status {
    pub(in crate::cli) fn changed_at(&self) -> Option<Timestamp> {
        self.changed_at
    }

    /// Returns the reason if the copy does not receive the replica's changes.
    pub(in crate::cli) fn problem(&self) -> Option<&str> {
        let failure = self.failure.as_deref();
        if self.follows { failure } else { Some(failure.unwrap_or("no process follows the replica")) }
    }
}

impl StandbyCopy {
    pub(in crate::cli) fn of(store: &StoreConfig) -> Self {
        Self::beside(&store.published_file())
    }

    pub(in crate::cli) fn beside(published: &Path) -> Self {
        Self { folder: folder_of(published).join("standby") }
    }

    pub(in crate::cli) fn database(&self) -> PathBuf {
        self.folder.join("db.sqlite")
    }

    pub(in crate::cli) fn open(&self) -> anyhow::Result<File> {
        let data = folder_of(&self.folder);
        let file = secure_open::open_file(&self.database(), &[data]);
        file.with_context(|| format!("cannot open {}", self.database().display()))
    }

    /// Returns the path of an archived copy, which can no longer be updated and is kept until a new copy is complete.
    pub(in crate::cli) fn previous(&self) -> PathBuf {
        self.folder.join("previous.sqlite")
    }

    pub(super) fn prepare(&self) -> anyhow::Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.with_context(|| format!("cannot create the folder {}", self.folder.display()))
    }

    /// Locks the copy for writing; fails if another process holds the lock. Litestream inherits the lock and may
    /// outlive a killed standby for a moment, so this method waits up to 3 s.
    pub(in crate::cli) fn lock(&self) -> anyhow::Result<File> {
        let path = self.folder.join("lock");
        let options = OpenOptions::new().write(true).create(true).truncate(false).custom_flags(no_links()).open(&path);
        let file = options.with_context(|| format!("cannot open {}", path.display()))?;
        let until = clock::instant() + LITESTREAM_EXIT_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if clock::instant() < until => std::thread::park_timeout(RETRY_INTERVAL),
                Err(TryLockError::WouldBlock) => {
                    bail!("another process keeps {} current; stop it first", self.database().display())
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", path.display()));
                }
            }
        }
    }

    /// Returns the number of the last completely applied change; `None` if there is no copy.
    pub(in crate::cli) fn transaction(&self) -> io::Result<Option<String>> {
        read_line(&self.position_file())
    }

    /// Returns true if the copy equals a committed state of the other machine's database. Returns false while
    /// Litestream applies a change, and after a rewind until all changes before the rewind are applied again.
    pub(in crate::cli) fn is_complete(&self) -> bool {
        let written = |path: &Path| fs::metadata(path).map(|found| (found.mtime(), found.mtime_nsec()));
        // Litestream writes the position file after each change. A database file newer than the position file means
        // that a change is incomplete.
        let is_at_rest = match (written(&self.database()), written(&self.position_file())) {
            (Ok(database), Ok(position)) => database <= position,
            _ => false,
        };
        match (self.transaction(), read_line(&self.rewound_file())) {
            (Ok(Some(position)), Ok(before)) => is_at_rest && before.is_none_or(|before| position >= before),
            _ => false,
        }
    }

    /// Makes Litestream resume from an earlier change. Litestream rejects a position after the newest full snapshot in
    /// the replica (`saved TXID … is ahead of latest snapshot`). Applying later changes again is safe: a change
    /// contains complete pages, so the copy reaches the same state. Root must not call this method, because it follows
    /// links of the folder's owner.
    pub(in crate::cli) fn rewind_to(&self, transaction: &str) -> anyhow::Result<()> {
        let Some(position) = self.transaction()?.filter(|position| position.as_str() > transaction) else {
            return Ok(());
        };
        // Keep the later position if the changes of an earlier rewind were not all applied again.
        let before = read_line(&self.rewound_file())?.filter(|before| *before > position).unwrap_or(position);
        write_line(&self.rewound_file(), &before)?;
        write_line(&self.position_file(), transaction)
    }

    pub(in crate::cli) fn status(&self) -> anyhow::Result<Status> {
        let failed = || format!("cannot read {}", self.folder.display());
        let transaction = self.transaction().with_context(failed)?;
        let changed =
            transaction.is_some().then(|| fs::metadata(self.position_file())).transpose().with_context(failed)?;
        let changed_at =
            changed.map(|found| Timestamp::from_millis(found.mtime() * 1000 + found.mtime_nsec() / 1_000_000));
        Ok(Status {
            transaction,
            changed_at,
            age_s: changed_at.map(|at| i64::try_from(clock::now().since(at).as_secs()).unwrap_or(i64::MAX)),
            follows: File::open(self.folder.join("lock"))
                .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock))),
            failure: read_line(&self.failure_file()).with_context(failed)?,
        })
    }

    /// `None` deletes the stored reason.
    pub(super) fn record_failure(&self, reason: Option<&str>) {
        let result = match reason {
            Some(reason) => write_line(&self.failure_file(), reason),
            None => remove(&self.failure_file()).map_err(Into::into),
        };
        if let Err(error) = result {
            tracing::warn!(event = "STANDBY_STATUS_UNWRITTEN", %error, "Cannot update {}; `agentlocator standby --status` may show an old error or none", self.failure_file().display());
        }
    }

    /// Archives the copy if it belongs to another replica, because applying other changes would mix two databases.
    /// Returns true if the copy was archived.
    pub(super) fn archive_if_other_replica(&self, replica: &str) -> anyhow::Result<bool> {
        let known = read_line(&self.replica_file())?;
        let is_another = self.database().exists() && known.as_deref() != Some(replica);
        if is_another {
            self.archive()?;
        }
        write_line(&self.replica_file(), replica)?;
        Ok(is_another)
    }

    /// Archives a copy that can no longer be updated: renames its database, which is kept until a new copy is complete.
    pub(super) fn archive(&self) -> anyhow::Result<()> {
        remove(&self.position_file()).and_then(|()| remove(&self.rewound_file()))?;
        let database = self.database();
        if database.exists() {
            fs::rename(&database, self.previous()).with_context(|| format!("cannot rename {}", database.display()))?;
        }
        Ok(())
    }

    pub(super) fn remove_previous(&self) {
        let _ = remove(&self.previous());
    }

    /// Deletes the copy after a promotion, when it is only an old state of this machine's database.
    pub(in crate::cli) fn remove(&self) -> io::Result<()> {
        for file in [self.position_file(), self.database(), self.previous(), self.rewound_file(), self.failure_file()] {
            remove(&file)?;
        }
        Ok(())
    }

    /// Returns the path of the file in which Litestream stores its position.
    fn position_file(&self) -> PathBuf {
        self.folder.join("db.sqlite-txid")
    }

    /// Returns the path of the file with the copy's position before a rewind.
    fn rewound_file(&self) -> PathBuf {
        self.folder.join("rewound-from")
    }

    fn replica_file(&self) -> PathBuf {
        self.folder.join("replica")
    }

    fn failure_file(&self) -> PathBuf {
        self.folder.join("failure")
    }
}

fn read_line(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_line(path: &Path, text: &str) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, format!("{text}\n"))
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the flag that rejects symbolic links. Root opens files in a folder of another user, who could create links
/// there.
fn no_links() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.transaction, self.changed_at, self.age_s) {
            (Some(transaction), Some(at), Some(age)) => {
                write!(f, "The copy contains all changes up to {transaction}, which arrived at {at}, {age} s ago")?;
            }
            _ => f.write_str("There is no copy of another machine here yet")?,
        }
        if let Some(failure) = &self.failure {
            write!(f, "; cannot follow the replica: {failure}")?;
        }
        if self.follows { Ok(()) } else { f.write_str("; no process follows the replica now") }
    }
}

/// Time within which Litestream exits after its standby process was killed.
const LITESTREAM_EXIT_TIMEOUT: Duration = Duration::from_secs(3);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);
