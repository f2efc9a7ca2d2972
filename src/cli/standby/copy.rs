//! The copy that a standby keeps: `standby/db.sqlite`, beside this machine's own database, which is not changed.

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

/// The copy's folder.
#[derive(Clone, Debug)]
pub(in crate::cli) struct StandbyCopy {
    folder: PathBuf,
}

/// How current the copy is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Status {
    /// The number of the last applied change, in hex; none if there is no copy yet.
    transaction: Option<String>,
    /// When that change arrived here.
    changed_at: Option<Timestamp>,
    /// Seconds since `changed_at`.
    age_s: Option<i64>,
    /// Whether a process follows the replica.
    follows: bool,
    /// The last error while following the replica; none once a change has arrived.
    failure: Option<String>,
}

impl Status {
    /// When the last change arrived here; none if there is no copy yet.
    pub(in crate::cli) fn changed_at(&self) -> Option<Timestamp> {
        self.changed_at
    }
}

impl StandbyCopy {
    pub(in crate::cli) fn of(store: &StoreConfig) -> Self {
        Self { folder: store.data_folder().join("standby") }
    }

    /// The copy's database file.
    pub(in crate::cli) fn database(&self) -> PathBuf {
        self.folder.join("db.sqlite")
    }

    /// Opens the copy's database for reading.
    pub(in crate::cli) fn open(&self) -> anyhow::Result<File> {
        let data = folder_of(&self.folder);
        let file = secure_open::open_file(&self.database(), &[data]);
        file.with_context(|| format!("cannot open {}", self.database().display()))
    }

    /// A database that no longer follows its replica, kept until there is a new copy.
    pub(in crate::cli) fn previous(&self) -> PathBuf {
        self.folder.join("previous.sqlite")
    }

    /// Creates the folder, readable only by its owner.
    pub(super) fn prepare(&self) -> anyhow::Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.with_context(|| format!("cannot create the folder {}", self.folder.display()))
    }

    /// The lock of the process that writes to the copy. Litestream inherits it and holds it as long as it runs: after a standby
    /// was killed, for a moment longer.
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

    /// The number of the last completely applied change; none if there is no copy.
    pub(in crate::cli) fn transaction(&self) -> io::Result<Option<String>> {
        read_line(&self.position_file())
    }

    /// Whether the copy equals a committed state of the other machine's database: Litestream is not in the middle of a change, and has applied
    /// everything that the copy contained before it was rewound.
    pub(in crate::cli) fn is_complete(&self) -> bool {
        let written = |path: &Path| fs::metadata(path).map(|found| (found.mtime(), found.mtime_nsec()));
        // Litestream writes its position after each change, so a database that is newer than the position is in the middle of a
        // change.
        let is_at_rest = match (written(&self.database()), written(&self.position_file())) {
            (Ok(database), Ok(position)) => database <= position,
            _ => false,
        };
        match (self.transaction(), read_line(&self.rewound_file())) {
            (Ok(Some(position)), Ok(before)) => is_at_rest && before.is_none_or(|before| position >= before),
            _ => false,
        }
    }

    /// Makes Litestream resume from an earlier change. It resumes only from a position that the newest full snapshot in the
    /// replica includes (`saved TXID … is ahead of latest snapshot`), and applies the later changes again: these are pages as
    /// they were after each change, so the copy ends in the same state.
    pub(super) fn rewind_to(&self, transaction: &str) -> anyhow::Result<()> {
        let Some(position) = self.transaction()?.filter(|position| position.as_str() > transaction) else {
            return Ok(());
        };
        // An earlier rewind may be incomplete.
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

    /// Stores why the replica cannot be followed, for [`Self::status`]; `None` deletes a stored reason.
    pub(super) fn record_failure(&self, reason: Option<&str>) {
        let result = match reason {
            Some(reason) => write_line(&self.failure_file(), reason),
            None => remove(&self.failure_file()).map_err(Into::into),
        };
        if let Err(error) = result {
            tracing::warn!(event = "STANDBY_STATUS_UNWRITTEN", %error, "Cannot update {}: --status may show an old error or none", self.failure_file().display());
        }
    }

    /// Archives the copy if it belongs to another replica: continuing it would mix two databases. Returns whether it did.
    pub(super) fn archive_if_other_replica(&self, replica: &str) -> anyhow::Result<bool> {
        let known = read_line(&self.replica_file())?;
        let is_another = self.database().exists() && known.as_deref() != Some(replica);
        if is_another {
            self.archive()?;
        }
        write_line(&self.replica_file(), replica)?;
        Ok(is_another)
    }

    /// Archives a copy that can no longer be updated: it is kept under another name until there is a new one.
    pub(super) fn archive(&self) -> anyhow::Result<()> {
        remove(&self.position_file()).and_then(|()| remove(&self.rewound_file()))?;
        let database = self.database();
        if database.exists() {
            fs::rename(&database, self.previous()).with_context(|| format!("cannot rename {}", database.display()))?;
        }
        Ok(())
    }

    /// Deletes the archived copy, once there is a new one.
    pub(super) fn remove_previous(&self) {
        let _ = remove(&self.previous());
    }

    /// Deletes the copy after a promotion: it is now an old state of this machine's database.
    pub(in crate::cli) fn remove(&self) -> io::Result<()> {
        for file in [self.position_file(), self.database(), self.previous(), self.rewound_file(), self.failure_file()] {
            remove(&file)?;
        }
        Ok(())
    }

    /// The file in which Litestream stores its position.
    fn position_file(&self) -> PathBuf {
        self.folder.join("db.sqlite-txid")
    }

    /// The file with the copy's position before it was rewound.
    fn rewound_file(&self) -> PathBuf {
        self.folder.join("rewound-from")
    }

    /// The file with the identity of the copy's replica.
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

/// For root, which opens files in another user's folder and must not follow links there.
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

/// How long Litestream may take to exit after its standby was killed.
const LITESTREAM_EXIT_TIMEOUT: Duration = Duration::from_secs(3);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);
