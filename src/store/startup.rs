//! Decides at a start whether the live database or the published file is used. A published file is adopted or archived
//! here, before the live database is open.
//!
//! In the diagram, a word in capitals is the state in which the publisher finds the published file: OURS is the file
//! that the last run left, TORN that file with an incomplete write, FOREIGN a file of another program, MISSING no file.
//!
//! ```text
//! live/db.sqlite is missing ──────────────▶ verify the published file, adopt it
//! live/ was copied (another file than the one that was open, not closed cleanly)
//!     published file current ─────────────▶ verify it, adopt it; archive the live database, which may be torn
//!     published file behind, or unknown ──▶ verify the live database: sound: use it, archive the published file; else as above
//! live/db.sqlite is empty, or damaged in what a start reads first
//!                           ──────────────▶ verify the published file, adopt it; archive the live database
//! live/db.sqlite was changed after a clean stop
//!                           ──────────────▶ verify it; archive the published file as agentlocator-before-change-DATE.db; MISSING
//! else, by the published file:
//!   stamp as recorded, or of the next file ▶ OURS
//!   only the inode differs, clean stop ───▶ OURS: the folder was moved to another disk
//!   recorded inode, header zeroed ────────▶ TORN: not a database for any program; completed from the WAL, or compared
//!   recorded inode, killed in a write ────▶ OURS, if the file has what the WAL has up to the begin or the end of that write
//!   after a power cut: our mark, and the
//!     times of content and inode agree ───▶ OURS: the power cut lost the last records; TORN for a zeroed header of the next file
//!   anything else ─── equal to live ──────▶ OURS
//!                 ├── found while the service ran, no choice yet ─▶ FOREIGN: left alone
//!                 ├── cannot be read (the alert says the chown) ──▶ FOREIGN: left alone, examined again by the next start
//!                 ├── no space to adopt it ───────────────────────▶ FOREIGN: the same
//!                 ├── sound, and stopped cleanly or by a kill ────▶ adopt it; live → agentlocator-before-restore-DATE.db
//!                 └── damaged, newer, foreign, or power cut ──────▶ archive it as agentlocator-found-DATE.db; MISSING
//! ```

use super::file_stamp::{ExactStamp, FileId, FileStamp};
use super::folder::Folder;
use super::health::ForeignCause;
use super::live::{self, LiveState, is_damage};
use super::migrate::Plan;
use super::notice::{StartEvent, StartNotice};
use super::publish::{FileState, MissingPages};
use super::run_state::{Boot, Record, RunState};
use super::{Error, Result, open};
use crate::clock;
use crate::domain::{Cause, Causes, Language};
use crate::messages;
use crate::store::backup::adopt::{self, Adopted};
use crate::store::backup::archive::{self, Form};
use crate::store::backup::verify;
use rusqlite::Connection;
use std::fs::{File, Metadata};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

#[derive(Debug)]
pub(in crate::store) struct Startup {
    /// The record that the last run left, or that an adoption has written; `None` if there is none, or if it does not
    /// describe these files.
    pub record: Option<Record>,
    /// True if the live database was closed cleanly and has not changed since, or was read completely and is undamaged.
    pub verified: bool,
    pub published: FileState,
    pub live: LiveState,
    /// May be empty.
    pub unusable: Causes,
}

/// Decides which database is used, and opens it. With Litestream, the database may have changed since the last stop.
pub(in crate::store) fn open(
    folder: &Folder,
    state: &RunState,
    record: Option<Record>,
    with_litestream: bool,
) -> Result<(Startup, Connection, Plan)> {
    let mut found = inspect(folder, state, record, with_litestream)?;
    let (conn, plan) = match live::open(folder) {
        Err(damage) if is_damage(&damage) => {
            found = replace_damaged_live(folder, state, &damage)?;
            live::open(folder)?
        }
        opened => opened?,
    };
    Ok((found, conn, plan))
}

/// Adopts or archives the published file in the cases of the diagram above, except for damage that only opening the
/// live database shows.
pub(in crate::store) fn inspect(
    folder: &Folder,
    state: &RunState,
    record: Option<Record>,
    with_litestream: bool,
) -> Result<Startup> {
    StartNotice::discard_interrupted(folder)?;
    let published = std::fs::symlink_metadata(&folder.published).ok();
    let Ok(live) = std::fs::metadata(folder.database()) else {
        return without_live(folder, state, record.is_none(), published.as_ref());
    };
    let live_state = match LiveState::of(folder, &live, record.as_ref()) {
        // Litestream checkpoints and writes a few rows itself, so the changed database is used, after a verification.
        LiveState::Changed if with_litestream => LiveState::Replicated,
        found => found,
    };
    let found = Inspection { folder, state, record, live: live_state };
    if let Some(published) = published.as_ref().filter(|_| !found.is_cleanly_closed() && found.is_copied_folder(&live))
    {
        return found.handle_copied_folder(published);
    }
    match found.classify(published.as_ref()) {
        FileState::Foreign { cause, .. } => found.handle_foreign_file(published.as_ref(), cause),
        published if live_state == LiveState::Changed && published != FileState::Missing => {
            found.handle_changed_live(published)
        }
        published => Ok(found.keep_live(published)),
    }
}

/// Fails if the published file is damaged too.
fn replace_damaged_live(folder: &Folder, state: &RunState, damage: &Error) -> Result<Startup> {
    let reason = Causes::from(damage);
    let notice = StartNotice::new(StartEvent::LiveDamaged, reason.clone(), clock::now());
    match adopt::published_file(folder, state, Form::AsItIs, notice) {
        Ok(adopted) => {
            tracing::error!(
                event = "STORE_LIVE_DAMAGED",
                reason = english(&reason),
                file = %folder.published.display(),
                "The live database is damaged; it was archived, and {}, which may lack the newest data, is used instead", folder.published.display()
            );
            Ok(after_adoption(adopted))
        }
        Err(error) => {
            let (path, obstacle) = (folder.published.clone(), Causes::from(&error));
            Err(Error::Irreplaceable { path, damage: reason, obstacle })
        }
    }
}

fn without_live(folder: &Folder, state: &RunState, is_first: bool, published: Option<&Metadata>) -> Result<Startup> {
    if published.is_none_or(|found| found.len() == 0) {
        let published = FileState::Missing;
        return Ok(Startup {
            record: None,
            verified: true,
            published,
            live: LiveState::Closed,
            unusable: Causes::default(),
        });
    }
    // If a start was interrupted during an adoption, this start completes it and keeps its notice. Otherwise, without a
    // state file the adoption is not reported: either `agentlocator restore` deleted that file, and the person who ran
    // it knows, or the machine is new.
    let interrupted = StartNotice::load(folder).filter(StartNotice::is_of_adoption);
    let notice = interrupted.unwrap_or_else(|| StartNotice { quiet: is_first, ..new_notice(StartEvent::Restored) });
    Ok(after_adoption(adopt::published_file(folder, state, Form::OneFile, notice)?))
}

fn after_adoption(adopted: Adopted) -> Startup {
    Startup {
        record: Some(adopted.record),
        verified: true,
        published: adopted.published,
        live: LiveState::Closed,
        unusable: Causes::default(),
    }
}

struct Inspection<'f> {
    folder: &'f Folder,
    state: &'f RunState,
    record: Option<Record>,
    live: LiveState,
}

impl Inspection<'_> {
    fn classify(&self, published: Option<&Metadata>) -> FileState {
        let is_clean = self.live == LiveState::Closed;
        FileState::of(self.folder, published, self.record.as_ref(), self.state.boot(), is_clean)
    }

    fn is_cleanly_closed(&self) -> bool {
        matches!(self.live, LiveState::Closed | LiveState::Moved)
    }

    /// True also if no record of the last run exists.
    fn is_copied_folder(&self, live: &Metadata) -> bool {
        let Some(record) = &self.record else { return true };
        record.live.is_some_and(|id| !id.is_same_file(FileId::of(live), record.boot_since(self.state.boot())))
    }

    /// The live database and its write-ahead log were copied at two different times, so they may be inconsistent, and
    /// no check detects every inconsistency. A copy of the published file cannot be torn, and it contains everything
    /// that was acknowledged before the copying, unless the file was behind.
    fn handle_copied_folder(self, published: &Metadata) -> Result<Startup> {
        // Without a record, it is unknown which file is newer, so the live database is used if it is undamaged.
        let ours = self.record.as_ref().filter(|record| record.foreign.is_none() && record.published.is_some());
        let is_behind = ours.is_some_and(|record| record.was_behind(FileStamp::of(published)));
        let (is_adoptable, mut reason) = (ours.is_some() && !is_behind && published.len() > 0, Causes::default());
        if is_adoptable {
            match self.adopt_in_a_copied_folder(Causes::default()) {
                Err(error) if is_caused_by_file(&error) => reason = (&error).into(),
                outcome => return outcome,
            }
        }
        if let Some(findings) = live::findings(self.folder)? {
            let damage = Error::Damaged { path: self.folder.database(), findings };
            if is_adoptable {
                return Err(damage);
            }
            let reason = if is_behind { Cause::CopyWasBehind.into() } else { Causes::default() };
            return self.adopt_in_a_copied_folder(reason).map_err(|_| damage);
        }
        if is_behind {
            let kept = self.archive_published(archive::Kind::Found, StartEvent::LateFolderCopied, Causes::default())?;
            tracing::warn!(
                event = "STORE_FOLDER_COPIED",
                archived = %kept.display(),
                "The data folder is a copy that was made while agentlocator.db was behind: the live database is undamaged and is \
                 used, and agentlocator.db was archived as {}",
                kept.display()
            );
        } else {
            self.archive_foreign(reason)?;
        }
        Ok(Startup {
            record: None,
            verified: true,
            published: FileState::Missing,
            live: self.live,
            unusable: Causes::default(),
        })
    }

    fn adopt_in_a_copied_folder(&self, reason: Causes) -> Result<Startup> {
        let text = english(&reason);
        let notice = StartNotice::new(StartEvent::FolderCopied, reason, clock::now());
        let adopted = adopt::published_file(self.folder, self.state, Form::AsItIs, notice)?;
        tracing::warn!(
            event = "STORE_FOLDER_COPIED",
            file = %self.folder.published.display(),
            reason = text,
            "The data folder was copied without a clean stop of the service; the published file {} is used, and the live \
             database was archived",
            self.folder.published.display()
        );
        Ok(after_adoption(adopted))
    }

    /// The change may be an edit or an older backup. The published file contains the data that the service left, so it
    /// is archived and not overwritten. A torn file is not archived, because no program can read it.
    fn handle_changed_live(self, published: FileState) -> Result<Startup> {
        if self.is_equal_to_live().unwrap_or(false) {
            return Ok(self.keep_live(FileState::Ours(MissingPages::Any)));
        }
        if let Some(findings) = live::findings(self.folder)? {
            return replace_damaged_live(
                self.folder,
                self.state,
                &Error::Damaged { path: self.folder.database(), findings },
            );
        }
        if matches!(published, FileState::Torn(_)) {
            return Ok(self.keep_live(published));
        }
        let kept = self.archive_published(archive::Kind::BeforeChange, StartEvent::LiveChanged, Causes::default())?;
        tracing::warn!(
            event = "STORE_LIVE_CHANGED",
            archived = %kept.display(),
            "Another program changed the live database while the service was off: the changed database is used, and the \
             published file, which has the earlier data, was archived as {}",
            kept.display()
        );
        Ok(Startup { verified: true, ..self.keep_live(FileState::Missing) })
    }

    /// For a published file that was changed or replaced while the service was off.
    fn handle_foreign_file(self, published: Option<&Metadata>, cause: ForeignCause) -> Result<Startup> {
        let stamp = published.map(ExactStamp::of);
        let (known, is_adoption_requested) =
            self.record.as_ref().map_or((None, false), |record| (record.foreign, record.adopt));
        let is_known = known.zip(stamp).is_some_and(|(known, found)| {
            known == found || self.live == LiveState::Moved && known.stamp.is_moved_to(found.stamp)
        });
        if is_known && !is_adoption_requested {
            // The owner was notified of this file while the service ran, and has not decided yet.
            return Ok(self.keep_live(FileState::foreign(cause)));
        }
        if !published.is_some_and(Metadata::is_file) || File::open(&self.folder.published).is_err() {
            return Ok(self.keep_live(FileState::unusable(cause)));
        }
        verify::log_long_read(&self.folder.published);
        if self.is_equal_to_live().unwrap_or(false) {
            return Ok(self.keep_live(FileState::Ours(MissingPages::Any)));
        }
        if let Err(error) = verify::verify_copy(&self.folder.published) {
            if !is_caused_by_file(&error) {
                return Ok(self.keep_live_without_copy(&error));
            }
            self.archive_foreign((&error).into())?;
            return Ok(self.keep_live(FileState::Missing));
        }
        let boot = self.record.as_ref().map_or(Boot::Unknown, |record| record.boot_since(self.state.boot()));
        if !self.is_cleanly_closed() && boot != Boot::Same {
            // After a power failure it is unknown whether the file is a backup that the owner placed there or the
            // service's own file.
            if let Some(findings) = live::findings(self.folder)? {
                return replace_damaged_live(
                    self.folder,
                    self.state,
                    &Error::Damaged { path: self.folder.database(), findings },
                );
            }
            self.archive_foreign(Causes::default())?;
            return Ok(Startup { verified: true, ..self.keep_live(FileState::Missing) });
        }
        match adopt::verified_file(self.folder, self.state, Form::OneFile, new_notice(StartEvent::Restored)) {
            Ok(adopted) => {
                let archived = adopted.archived.as_ref().map(|path| path.display().to_string());
                let previous = archived.as_ref().map(|path| format!("; the previous database was archived as {path}"));
                tracing::warn!(
                    event = "STORE_RESTORED",
                    file = %self.folder.published.display(),
                    archived,
                    "The database that was put in place of {} is used{}",
                    self.folder.published.display(),
                    previous.unwrap_or_default()
                );
                Ok(after_adoption(adopted))
            }
            Err(error) if self.folder.database().exists() => Ok(self.keep_live_without_copy(&error)),
            Err(error) => Err(error),
        }
    }

    fn archive_foreign(&self, reason: Causes) -> Result<()> {
        let text = english(&reason);
        let kept = self.archive_published(archive::Kind::Found, StartEvent::FoundForeign, reason)?;
        tracing::warn!(
            event = "STORE_FOREIGN_ARCHIVED",
            file = %self.folder.published.display(),
            archived = %kept.display(),
            reason = text,
            "The file {} is not used; it was archived as {}, and the service continues with its live database",
            self.folder.published.display(),
            kept.display()
        );
        Ok(())
    }

    fn archive_published(&self, kind: archive::Kind, event: StartEvent, reason: Causes) -> Result<PathBuf> {
        let name = archive::free_name(self.folder, kind, "");
        let notice = StartNotice::new(event, reason, clock::now());
        StartNotice { archived: Some(name.clone()), ..notice }.save(self.folder)?;
        archive::published_file(self.folder, &name)?;
        Ok(name)
    }

    fn keep_live(self, published: FileState) -> Startup {
        let (verified, unusable) = (self.live == LiveState::Closed, Causes::default());
        Startup { record: self.record, verified, published, live: self.live, unusable }
    }

    fn keep_live_without_copy(self, error: &Error) -> Startup {
        let unusable = Causes::from(error);
        let published = FileState::unusable(ForeignCause::Unusable(english(&unusable)));
        Startup { unusable, ..self.keep_live(published) }
    }

    /// Ignores the header fields that [`clear_write_history`] zeroes. True if only the file's times changed, or if the
    /// file is a copy of the live database.
    fn is_equal_to_live(&self) -> Result<bool> {
        let file =
            File::open(&self.folder.published).map_err(archive::failed("cannot open", &self.folder.published))?;
        let conn = open::reader(&self.folder.database())?;
        let length = file.metadata().map_or(0, |found| found.len());
        let page_size = open::page_size(&conn)?;
        if length != open::page_count(&conn)? * page_size as u64 {
            return Ok(false);
        }
        let mut equal = true;
        let mut theirs = vec![0; page_size];
        let mut offset = 0;
        let mut statement = conn.prepare("SELECT data FROM sqlite_dbpage ORDER BY pgno")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()?
            && equal
        {
            let mut ours: Vec<u8> = row.get::<_, Option<Vec<u8>>>(0)?.unwrap_or_default();
            // SQLite never uses the page that holds its locks. This query returns no content for that page.
            if ours.len() == page_size {
                equal = file.read_exact_at(&mut theirs, offset).is_ok();
                if offset == 0 {
                    clear_write_history(&mut ours);
                    clear_write_history(&mut theirs);
                }
                equal &= ours == theirs;
            }
            offset += page_size as u64;
        }
        Ok(equal)
    }
}

/// Zeroes the fields of a database header that describe the journal mode and the write history but not the content:
/// format versions, change counters, and the version of SQLite that wrote last.
fn clear_write_history(first_page: &mut [u8]) {
    for range in [18..20, 24..28, 92..100] {
        first_page[range].fill(0);
    }
}

/// Returns true if the content of the file is the cause, and not the machine.
fn is_caused_by_file(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::Newer(_) | Error::Migration(_))
}

fn new_notice(event: StartEvent) -> StartNotice {
    StartNotice::new(event, Causes::default(), clock::now())
}

fn english(causes: &Causes) -> String {
    messages::causes(Language::English, causes)
}
