//! The notice in which a start reports to the owner which database it used and why. The owner sees the notice until it
//! is dismissed.

use super::folder::{Folder, sync_folder, with_suffix};
use super::{Error, ReadTx, Result, WriteTx, sys};
use crate::clock;
use crate::domain::{Cause, Causes, Timestamp, text_enum};
use crate::store::backup::archive::{failed, remove};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

text_enum! {
    /// Which database the start used, and why.
    StartEvent {
        /// The file under the published name is in use: a backup that was placed there, or any database there if the
        /// live database was missing.
        Restored = "restored",
        /// The copy of another machine's database, which a standby kept, is in use. The reason states the time up to
        /// which that machine replicated.
        Promoted = "promoted",
        /// The folder is a copy of another one. The published file of the copied folder is in use.
        FolderCopied = "folder_copied",
        /// The folder is a copy of another one and was made while the published file was behind. The live database is
        /// in use, and the published file was archived.
        LateFolderCopied = "late_folder_copied",
        /// The live database was damaged. The published file is in use.
        LiveDamaged = "live_damaged",
        /// Another program changed the live database while the service was off. The live database is in use, and the
        /// earlier published file was archived.
        LiveChanged = "live_changed",
        /// A foreign file had the published name and was archived. The service continues with its own data.
        FoundForeign = "found_foreign",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartNotice {
    pub event: StartEvent,
    /// The archived file; null if no file was archived.
    pub archived: Option<PathBuf>,
    /// May be empty. Of a promotion, the time up to which the other machine replicated.
    pub reason: Causes,
    /// When the start decided which database to use; for a promotion, when the other machine's database was put in
    /// place.
    pub at: Timestamp,
    /// True if the owner need not see the notice, for example because the owner requested the action.
    #[serde(default)]
    pub quiet: bool,
}

impl StartNotice {
    pub(in crate::store) fn new(event: StartEvent, reason: Causes, at: Timestamp) -> Self {
        Self { event, archived: None, reason, at, quiet: false }
    }

    /// Must be called before the file that the notice names is archived. The notice stays in the folder until the
    /// database is open, so that a later start finds it if this start is interrupted or fails.
    pub(in crate::store) fn save(&self, folder: &Folder) -> Result<()> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Value(error.to_string()))?;
        let (path, unfinished) = (folder.notice(), folder.unfinished("notice"));
        File::create(&unfinished)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| sys::rename(&unfinished, &path))
            .and_then(|()| sync_folder(folder.live()))
            .map_err(failed("cannot write", &path))
    }

    /// `None` if there is no notice, or if the file that it names was not archived.
    pub(in crate::store) fn load(folder: &Folder) -> Option<Self> {
        Self::parse(folder).filter(Self::is_archived)
    }

    /// Deletes the notice of a start that was interrupted before it archived the file, and the hard link to the
    /// write-ahead log that this start had created.
    pub(in crate::store) fn discard_interrupted(folder: &Folder) -> Result<()> {
        let Some(notice) = Self::parse(folder).filter(|notice| !notice.is_archived()) else { return Ok(()) };
        let inode = |path: &Path| std::fs::metadata(path).map(|found| found.ino()).ok();
        if let Some(log) = notice.archived.map(|kept| with_suffix(&kept, "-wal"))
            && inode(&log).is_some_and(|log| inode(&folder.wal()) == Some(log))
        {
            remove(&log)?;
        }
        remove(&folder.notice())
    }

    fn parse(folder: &Folder) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.notice()).ok()?).ok()
    }

    fn is_archived(&self) -> bool {
        self.archived.as_ref().is_none_or(|kept| kept.exists())
    }

    /// Returns true if the published file was adopted.
    pub(in crate::store) fn is_of_adoption(&self) -> bool {
        match self.event {
            StartEvent::Restored | StartEvent::Promoted | StartEvent::FolderCopied | StartEvent::LiveDamaged => true,
            StartEvent::LateFolderCopied | StartEvent::LiveChanged | StartEvent::FoundForeign => false,
        }
    }

    /// Returns true if the database in use may be older than the messages that this machine has sent. Messages in its
    /// outbox may then already have been sent.
    pub(in crate::store) fn uses_another_database(&self) -> bool {
        self.event != StartEvent::FoundForeign
    }
}

/// For the next start after another machine's database was put in place. `until` is the time up to which that machine
/// replicated (RFC 3339).
pub fn leave_promotion_notice(published: &Path, until: &str) -> Result<()> {
    let folder = Folder::prepare(published)?;
    StartNotice::new(StartEvent::Promoted, Cause::other(until).into(), clock::now()).save(&folder)
}

impl ReadTx<'_> {
    /// `None` if the owner has dismissed the notice, or if there was none.
    pub fn start_notice(&self) -> Result<Option<StartNotice>> {
        let text = self.meta(NOTICE)?.filter(|text| !text.is_empty());
        text.map(|text| serde_json::from_str(&text).map_err(|error| Error::Value(error.to_string()))).transpose()
    }
}

impl WriteTx<'_> {
    /// `None` deletes the stored notice.
    pub fn set_start_notice(&self, notice: Option<&StartNotice>) -> Result<()> {
        let text = notice.map(serde_json::to_string).transpose().map_err(|error| Error::Value(error.to_string()))?;
        self.set_meta(NOTICE, text.as_deref().unwrap_or_default())
    }
}

const NOTICE: &str = "start_notice";
