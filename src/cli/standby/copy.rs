//! The copy that a standby keeps: `standby/db.sqlite` beside the database of this machine, of which it touches nothing.

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

/// How far the copy is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Status {
    /// The number of the last change that it has, in hex; none where there is no copy yet.
    transaction: Option<String>,
    /// When that change arrived here.
    changed_at: Option<Timestamp>,
    /// Seconds since.
    age_s: Option<i64>,
    /// A process follows the replica.
    follows: bool,
    /// Why the replica could not be followed the last time; none since a change has arrived.
    failure: Option<String>,
}

impl Status {
    /// When the last change arrived here; none where there is no copy yet.
    pub(in crate::cli) fn changed_at(&self) -> Option<Timestamp> {
        self.changed_at
    }
}

impl StandbyCopy {
    pub(in crate::cli) fn of(store: &StoreConfig) -> Self {
        Self { folder: store.data_folder().join("standby") }
    }

    /// The database.
    pub(in crate::cli) fn database(&self) -> PathBuf {
        self.folder.join("db.sqlite")
    }

    /// The database, open for reading.
    pub(in crate::cli) fn open(&self) -> anyhow::Result<File> {
        let data = folder_of(&self.folder);
        let file = secure_open::open_file(&self.database(), &[data]);
        file.with_context(|| format!("cannot open {}", self.database().display()))
    }

    /// A database that no longer follows its replica, kept until there is a new copy.
    pub(in crate::cli) fn previous(&self) -> PathBuf {
        self.folder.join("previous.sqlite")
    }

    /// Makes the folder, which only its owner may read.
    pub(super) fn prepare(&self) -> anyhow::Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.with_context(|| format!("cannot make the folder {}", self.folder.display()))
    }

    /// Held while a process writes to the copy. Litestream inherits it, so it is held as long as Litestream runs: when a standby
    /// was killed, a moment longer than that.
    pub(in crate::cli) fn lock(&self) -> anyhow::Result<File> {
        let path = self.folder.join("lock");
        let options = OpenOptions::new().write(true).create(true).truncate(false).custom_flags(no_links()).open(&path);
        let file = options.with_context(|| format!("cannot open {}", path.display()))?;
        let until = clock::instant() + LAST_OF_LITESTREAM;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if clock::instant() < until => std::thread::park_timeout(BETWEEN_TRIES),
                Err(TryLockError::WouldBlock) => {
                    bail!("another process keeps {} current; stop it first", self.database().display())
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", path.display()));
                }
            }
        }
    }

    /// The number of the last change that has been applied completely; none where there is no copy.
    pub(in crate::cli) fn transaction(&self) -> io::Result<Option<String>> {
        read_line(&self.position_file())
    }

    /// The database is a state that the other machine had: Litestream is not in the middle of a change, and has applied all that
    /// the copy had before it was rewound.
    pub(in crate::cli) fn is_whole(&self) -> bool {
        let written = |path: &Path| fs::metadata(path).map(|found| (found.mtime(), found.mtime_nsec()));
        // Litestream notes its position after each change, so a database that was written later is in the middle of one.
        let is_at_rest = match (written(&self.database()), written(&self.position_file())) {
            (Ok(database), Ok(position)) => database <= position,
            _ => false,
        };
        match (self.transaction(), read_line(&self.rewound_file())) {
            (Ok(Some(position)), Ok(before)) => is_at_rest && before.is_none_or(|before| position >= before),
            _ => false,
        }
    }

    /// Lets Litestream go on from an earlier change. It resumes only from a position that the newest whole copy in the replica
    /// includes (`saved TXID … is ahead of latest snapshot`), and applies what came later once more: pages as they were after
    /// each change, so that the copy ends in the same state.
    pub(super) fn rewind_to(&self, transaction: &str) -> anyhow::Result<()> {
        let Some(position) = self.transaction()?.filter(|position| position.as_str() > transaction) else {
            return Ok(());
        };
        // An earlier rewinding may not have been completed.
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

    /// Notes for [`Self::status`] why the replica cannot be followed, or that it can.
    pub(super) fn note_failure(&self, reason: Option<&str>) {
        let noted = match reason {
            Some(reason) => write_line(&self.failure_file(), reason),
            None => remove(&self.failure_file()).map_err(Into::into),
        };
        if let Err(error) = noted {
            tracing::warn!(event = "STANDBY_STATUS_UNWRITTEN", %error, "Cannot note how the standby is");
        }
    }

    /// A copy of another replica cannot be continued: it would mix two databases. True if the copy was set aside.
    pub(super) fn belongs_to(&self, replica: &str) -> anyhow::Result<bool> {
        let known = read_line(&self.replica_file())?;
        let is_another = self.database().exists() && known.as_deref() != Some(replica);
        if is_another {
            self.set_aside()?;
        }
        write_line(&self.replica_file(), replica)?;
        Ok(is_another)
    }

    /// The copy can no longer be brought up to date: it is kept under another name until there is a new one.
    pub(super) fn set_aside(&self) -> anyhow::Result<()> {
        remove(&self.position_file()).and_then(|()| remove(&self.rewound_file()))?;
        let database = self.database();
        if database.exists() {
            fs::rename(&database, self.previous()).with_context(|| format!("cannot rename {}", database.display()))?;
        }
        Ok(())
    }

    /// There is a new copy.
    pub(super) fn remove_previous(&self) {
        let _ = remove(&self.previous());
    }

    /// The copy is in use as the database of this machine, and from then on an old state of it.
    pub(in crate::cli) fn remove(&self) -> io::Result<()> {
        for file in [self.position_file(), self.database(), self.previous(), self.rewound_file(), self.failure_file()] {
            remove(&file)?;
        }
        Ok(())
    }

    /// Where Litestream notes how far it is.
    fn position_file(&self) -> PathBuf {
        self.folder.join("db.sqlite-txid")
    }

    /// How far the copy was before it was rewound.
    fn rewound_file(&self) -> PathBuf {
        self.folder.join("rewound-from")
    }

    /// Which replica the copy is of.
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

/// Root opens files in the folder of another user, and follows no link there.
fn no_links() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.transaction, self.changed_at, self.age_s) {
            (Some(transaction), Some(at), Some(age)) => {
                write!(f, "The copy has all changes up to {transaction}, which arrived at {at}, {age} s ago")?;
            }
            _ => f.write_str("There is no copy of another machine here yet")?,
        }
        if let Some(failure) = &self.failure {
            write!(f, "; the replica cannot be followed: {failure}")?;
        }
        if self.follows { Ok(()) } else { f.write_str("; no process follows the replica now") }
    }
}

/// How long Litestream may take to end after a standby that was killed.
const LAST_OF_LITESTREAM: Duration = Duration::from_secs(3);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
